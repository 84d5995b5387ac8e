"""One chat application for three APIs, streamed and not: Anthropic's, OpenAI's and Bedrock's Converse."""

import json
import os

import anthropic
import boto3
import openai

URL = os.environ["ANTHROPIC_BASE_URL"]
SYSTEM = "You are a weather service."
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
TOOL = ("get_weather", "Get the weather of a city.")
QUESTIONS = ("Hello", "How is the weather in Oslo?", "Thanks")
MODEL = "claude-haiku-4-5"


class Anthropic:
    def __init__(self):
        self.client = anthropic.Anthropic(base_url=URL, api_key="one")
        self.messages = []

    def ask(self, text):
        self.messages.append({"role": "user", "content": text})

    def add_result(self, call_id, result):
        block = {"type": "tool_result", "tool_use_id": call_id, "content": result}
        self.messages.append({"role": "user", "content": [block]})

    def reply(self, stream):
        name, description = TOOL
        tools = [{"name": name, "description": description, "input_schema": SCHEMA}]
        options = {"model": MODEL, "max_tokens": 500, "system": SYSTEM, "tools": tools, "messages": self.messages}
        if stream:
            with self.client.messages.stream(**options) as events:
                message = events.get_final_message()
        else:
            message = self.client.messages.create(**options)
        self.messages.append({"role": "assistant", "content": message.content})
        text = "".join(block.text for block in message.content if block.type == "text")
        calls = [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
        return text, calls, (message.usage.input_tokens, message.usage.output_tokens)


class OpenAI:
    def __init__(self):
        self.client = openai.OpenAI(base_url=f"{URL}/v1", api_key="two")
        self.messages = [{"role": "system", "content": SYSTEM}]

    def ask(self, text):
        self.messages.append({"role": "user", "content": text})

    def add_result(self, call_id, result):
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": result})

    def reply(self, stream):
        name, description = TOOL
        tools = [{"type": "function", "function": {"name": name, "description": description, "parameters": SCHEMA}}]
        options = {"model": MODEL, "max_completion_tokens": 500, "tools": tools, "messages": self.messages}
        if stream:
            with self.client.chat.completions.stream(**options, stream_options={"include_usage": True}) as events:
                completion = events.get_final_completion()
        else:
            completion = self.client.chat.completions.create(**options)
        message = completion.choices[0].message
        self.messages.append(message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
        calls = [
            (call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()
        ]
        return message.content or "", calls, (completion.usage.prompt_tokens, completion.usage.completion_tokens)


class Converse:
    def __init__(self):
        keys = {"aws_access_key_id": "three", "aws_secret_access_key": "secret", "region_name": "eu-west-1"}
        self.client = boto3.client("bedrock-runtime", endpoint_url=URL, **keys)
        self.messages = []

    def ask(self, text):
        self.messages.append({"role": "user", "content": [{"text": text}]})

    def add_result(self, call_id, result):
        block = {"toolResult": {"toolUseId": call_id, "content": [{"text": result}]}}
        self.messages.append({"role": "user", "content": [block]})

    def reply(self, stream):
        name, description = TOOL
        spec = {"name": name, "description": description, "inputSchema": {"json": SCHEMA}}
        options = {
            "modelId": f"eu.anthropic.{MODEL}-20251001-v1:0",
            "messages": self.messages,
            "system": [{"text": SYSTEM}],
            "inferenceConfig": {"maxTokens": 500},
            "toolConfig": {"tools": [{"toolSpec": spec}]},
        }
        if stream:
            message, usage = join_events(self.client.converse_stream(**options)["stream"])
        else:
            response = self.client.converse(**options)
            message, usage = response["output"]["message"], response["usage"]
        self.messages.append(message)
        text = "".join(block.get("text", "") for block in message["content"])
        uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
        calls = [(use["toolUseId"], use["name"], use["input"]) for use in uses]
        return text, calls, (usage["inputTokens"], usage["outputTokens"])


def join_events(events):
    blocks, usage = {}, {}
    for event in events:
        if "contentBlockStart" in event:
            start = event["contentBlockStart"]
            blocks[start["contentBlockIndex"]] = {"toolUse": {**start["start"]["toolUse"], "input": ""}}
        elif "contentBlockDelta" in event:
            index, delta = event["contentBlockDelta"]["contentBlockIndex"], event["contentBlockDelta"]["delta"]
            if "text" in delta:
                blocks[index] = {"text": blocks.get(index, {"text": ""})["text"] + delta["text"]}
            else:
                blocks[index]["toolUse"]["input"] += delta["toolUse"]["input"]
        elif "metadata" in event:
            usage = event["metadata"]["usage"]
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return {"role": "assistant", "content": [blocks[index] for index in sorted(blocks)]}, usage


def chat(application, stream):
    transcript = []
    for question in QUESTIONS:
        application.ask(question)
        transcript.append(f"> {question}")
        calls = [None]
        while calls:
            text, calls, usage = application.reply(stream)
            made = [f"{name}({json.dumps(value, sort_keys=True)})" for _, name, value in calls]
            transcript.append(f"{' '.join([text, *made])} {usage}")
            for call_id, _, value in calls:
                application.add_result(call_id, f"{value['city']}: sunny")
    return transcript


transcripts = [chat(kind(), stream) for kind in (Anthropic, OpenAI, Converse) for stream in (False, True)]
print("\n".join(transcripts[0]))
for transcript in transcripts:
    assert transcript == transcripts[0], transcript
