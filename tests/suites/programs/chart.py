"""A chart that the model draws with code execution: its client downloads the files."""

from anthropic import Anthropic, BadRequestError

client = Anthropic()
message = client.messages.create(
    model="claude-sonnet-5",
    max_tokens=500,
    messages=[{"role": "user", "content": "Draw a chart of the sales."}],
    tools=[{"type": "code_execution_20250825", "name": "code_execution"}],
)
results = [block for block in message.content if block.type == "bash_code_execution_tool_result"]
files = {}
for result in results:
    for output in result.content.content:
        metadata = client.files.retrieve_metadata(output.file_id)
        assert metadata.downloadable
        files[metadata.filename] = client.files.download(output.file_id).read()
assert files == {
    "chart.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "data.csv": b"month,sales\nMay,3\n",
}, files
assert message.content[-1].text == "Here is the chart."

upload = client.files.upload(file=("own.csv", b"1", "text/csv"))
try:
    client.files.download(upload.id)
except BadRequestError as error:
    print(sorted(files), error.body["error"]["details"]["error_code"])
