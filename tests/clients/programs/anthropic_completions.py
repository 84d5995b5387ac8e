"""An SDK of 2024: text completions, which the API refuses today."""

import sys

import steps
from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic, BadRequestError

GATEWAY = {"x-mockclaude-validation": "gateway"}
PROMPT = f"{HUMAN_PROMPT} What is the weather in Oslo?{AI_PROMPT}"

client = Anthropic()


def ask(model: str, **fields: object) -> object:
    options = {"extra_headers": GATEWAY, **fields}
    return client.completions.create(model=model, prompt=PROMPT, max_tokens_to_sample=300, **options)


def complete(model: str) -> str:
    completion = ask(model)
    assert (completion.type, completion.stop_reason, completion.stop) == ("completion", "stop_sequence", HUMAN_PROMPT)
    assert completion.id.startswith("compl_")
    assert completion.completion.startswith(" ")
    return completion.completion


def stream(model: str) -> str:
    parts = list(ask(model, stream=True))
    assert [part.stop_reason for part in parts if part.stop_reason] == ["stop_sequence"]
    text = "".join(part.completion for part in parts)
    assert text == ask(model).completion
    return text


def former(_: str) -> str:
    return ask("claude-2.1").model


def refused(model: str) -> str:
    try:
        ask(model, extra_headers={})
    except BadRequestError as error:
        return error.body["error"]["message"]
    raise AssertionError("the API refuses text completions")


steps.run(sys.argv[1], complete=complete, stream=stream, former=former, refused=refused)
