"""DSPy: predictions by the adapter of its default, which falls back to JSON, and by the adapter for JSON."""

import sys

import dspy
import steps

SIGNATURE = "question -> answer: str, population: int"


def predict(model: str, adapter: dspy.Adapter | None = None) -> dspy.Prediction:
    with dspy.context(
        lm=dspy.LM(f"anthropic/{model}", max_tokens=1000, cache=False, temperature=None), adapter=adapter
    ):
        return dspy.Predict(SIGNATURE)(question="Tell me about Paris")


def by_format(model: str) -> dspy.Prediction:
    return predict(model, dspy.JSONAdapter())


steps.run(sys.argv[1], predict=predict, by_format=by_format)
