"""A nightly evaluation: a PDF, 50 questions about it in a batch, and the errored ones again as messages."""

import time

from anthropic import Anthropic, NotFoundError

OBJECTS = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
)


def build_pdf():
    """Build a PDF with one empty page."""
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(OBJECTS, 1):
        offsets.append(b"%010d 00000 n \n" % len(data))
        data += b"%d 0 obj %b endobj\n" % (number, content)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(offsets)
    return data + table + b"trailer << /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(data)


client = Anthropic()
document = client.files.upload(file=("report.pdf", build_pdf(), "application/pdf"))
questions = {f"question-{number}": f"What is chapter {number} about?" for number in range(50)}


def build_params(question):
    source = {"type": "document", "source": {"type": "file", "file_id": document.id}}
    content = [source, {"type": "text", "text": question}]
    return {"model": "claude-sonnet-5", "max_tokens": 500, "messages": [{"role": "user", "content": content}]}


requests = [{"custom_id": name, "params": build_params(question)} for name, question in questions.items()]
batch = client.messages.batches.create(requests=requests)
while batch.processing_status != "ended":
    batch = client.messages.batches.retrieve(batch.id)
    time.sleep(0.1)

results = {line.custom_id: line.result for line in client.messages.batches.results(batch.id)}
assert list(results) != list(questions), "results come in any order"
assert results.keys() == questions.keys()
answers = {name: result.message for name, result in results.items() if result.type == "succeeded"}
errored = [name for name in questions if name not in answers]
assert errored == [f"question-{number}" for number in (7, 17, 27, 37, 47)], errored
assert {results[name].error.error.type for name in errored} == {"overloaded_error"}
assert (batch.request_counts.succeeded, batch.request_counts.errored) == (45, 5)
assert {message.usage.service_tier for message in answers.values()} == {"batch"}

for name in errored:
    answers[name] = client.messages.create(**build_params(questions[name]))
    assert answers[name].usage.service_tier == "standard"
assert {message.content[0].text for message in answers.values()} == {"The chapter is about rivers."}
assert answers["question-7"].usage.input_tokens == answers["question-8"].usage.input_tokens

client.files.delete(document.id)
try:
    client.messages.create(**build_params("What is chapter 1 about?"))
except NotFoundError as error:
    print(len(answers), "answers;", error.body["error"]["message"].replace(document.id, "ID"))
