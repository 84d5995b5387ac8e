"""The official SDK: a nightly evaluation as a message batch, a batch that is canceled, and pages of batches."""

import sys
import time

import steps
from anthropic import Anthropic

client = Anthropic()
QUESTIONS = {f"question-{number}": f"How much is {number} and {number}?" for number in range(30)}


def create(model: str) -> str:
    requests = [
        {
            "custom_id": name,
            "params": {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": question}]},
        }
        for name, question in QUESTIONS.items()
    ]
    return client.messages.batches.create(requests=requests).id


def wait(batch_id: str) -> dict[str, int]:
    while (batch := client.messages.batches.retrieve(batch_id)).processing_status != "ended":
        time.sleep(1)
    return batch.request_counts.to_dict()


def evaluate(model: str) -> int:
    batch_id = create(model)
    counts = wait(batch_id)
    assert counts["succeeded"] == len(QUESTIONS), counts
    lines = list(client.messages.batches.results(batch_id))
    assert [line.custom_id for line in lines] != list(QUESTIONS), "results come in any order"
    answers = {line.custom_id: line.result.message for line in lines}
    assert answers.keys() == QUESTIONS.keys()
    assert {message.usage.service_tier for message in answers.values()} == {"batch"}
    return sum(message.usage.output_tokens for message in answers.values())


def cancel(model: str) -> dict[str, int]:
    batch_id = create(model)
    assert client.messages.batches.cancel(batch_id).processing_status == "canceling"
    return wait(batch_id)


def clean_up(model: str) -> int:
    batches = [create(model) for _ in range(5)]
    listed = list(client.messages.batches.list(limit=2))
    assert {batch.id for batch in listed} >= set(batches)
    for batch in listed:
        assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"
    assert not client.messages.batches.list().data
    return len(listed)


steps.run(sys.argv[1], evaluate=evaluate, cancel=cancel, clean_up=clean_up)
