// OpenAI's SDK: text, streams, tools, structured output, images, models, errors, retries.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { collect, QUESTION, raised, run } from "./steps.mjs";

const client = new OpenAI({ maxRetries: 0 });
const chat = client.chat.completions;
const messages = [{ role: "developer", content: "Be brief." }, { role: "user", content: QUESTION }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "get_weather", description: "Get the weather.", parameters } }];
const City = z.object({ name: z.string(), population: z.number().int() });
const fault = (value) => ({ headers: { "x-mockclaude-fault": value } });
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

async function create(model) {
  const completion = await chat.create({ model, messages });
  const [choice] = completion.choices;
  assert.equal(completion.object, "chat.completion");
  assert.equal(choice.finish_reason, "stop");
  assert.equal(completion.usage.total_tokens, completion.usage.prompt_tokens + completion.usage.completion_tokens);
  assert.match(completion._request_id, /^req_/);
  return choice.message.content;
}

async function stream(model) {
  const chunks = await collect(await chat.create({ model, messages, stream: true }));
  const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("");
  assert.equal(text, await create(model));
  assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
  return text;
}

async function streamUsage(model) {
  const options = { stream_options: { include_usage: true }, stream: true };
  const last = (await collect(await chat.create({ model, messages, ...options }))).at(-1);
  assert.deepEqual(last.choices, []);
  assert.deepEqual(last.usage, (await chat.create({ model, messages })).usage);
  return last.usage.total_tokens;
}

async function streamHelper(model) {
  const runner = chat.stream({ model, messages });
  const deltas = [];
  runner.on("content", (delta) => deltas.push(delta));
  assert.equal(await runner.finalContent(), deltas.join(""));
  return deltas.length;
}

async function parse(model) {
  const response_format = zodResponseFormat(City, "city");
  const { parsed } = (await chat.parse({ model, messages, response_format })).choices[0].message;
  const streamed = await chat.stream({ model, messages, response_format }).finalChatCompletion();
  assert.deepEqual(streamed.choices[0].message.parsed, parsed);
  return City.parse(parsed);
}

async function useTools(model) {
  const { message, finish_reason } = (await chat.create({ model, messages, tools })).choices[0];
  const [call] = message.tool_calls;
  assert.deepEqual([finish_reason, call.function.name], ["tool_calls", "get_weather"]);
  const result = { role: "tool", tool_call_id: call.id, content: "Sunny in Oslo." };
  const completion = await chat.create({ model, messages: [...messages, message, result], tools });
  assert.match(completion.choices[0].message.content, /Sunny in Oslo\./);
  const streamed = (await chat.stream({ model, messages, tools }).finalChatCompletion()).choices[0].message;
  assert.deepEqual(streamed.tool_calls[0].function.arguments, call.function.arguments);
  return call.function.arguments;
}

async function runTools(model, options = {}) {
  const called = [];
  const getWeather = ({ city }) => {
    called.push(city);
    return `Sunny in ${city}.`;
  };
  const described = { function: getWeather, name: "get_weather", description: "Get the weather.", parse: JSON.parse };
  const runnable = { type: "function", function: { ...described, parameters } };
  const text = await chat.runTools({ model, messages, tools: [runnable], ...options }).finalContent();
  assert.deepEqual(called, ["Oslo"]);
  assert.match(text, /Sunny in Oslo\./);
  return text;
}

async function seeImage(model) {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } };
  const content = [{ type: "text", text: "What is in the image?" }, image];
  const completion = await chat.create({ model, messages: [{ role: "user", content }] });
  assert.ok(completion.choices[0].message.content);
  return completion.usage.prompt_tokens;
}

async function listModels(model) {
  const ids = (await collect(client.models.list())).map(({ id }) => id);
  const found = await client.models.retrieve(model);
  assert.ok(ids.includes(found.id));
  assert.equal(found.object, "model");
  assert.ok((await raised(client.models.retrieve("gpt-4o"))) instanceof OpenAI.NotFoundError);
  return ids.length;
}

async function raiseErrors(model) {
  const kinds = {
    400: OpenAI.BadRequestError,
    401: OpenAI.AuthenticationError,
    403: OpenAI.PermissionDeniedError,
    404: OpenAI.NotFoundError,
    429: OpenAI.RateLimitError,
    500: OpenAI.InternalServerError,
    529: OpenAI.InternalServerError,
  };
  for (const [status, kind] of Object.entries(kinds)) {
    const error = await raised(chat.create({ model, messages }, fault(status)));
    assert.ok(error instanceof kind, String(error));
    assert.equal(error.status, Number(status));
    assert.equal(error.code, error.type);
    assert.match(error.requestID, /^req_/);
  }
  return Object.keys(kinds).length;
}

async function retry(model) {
  const patient = new OpenAI({ maxRetries: 2 }).chat.completions;
  const twice = JSON.stringify({ error: "overloaded_error", occurrence: [1, 2] });
  const turn = { role: "user", content: "How many attempts?" };
  return (await patient.create({ model, messages: [turn] }, fault(twice))).choices[0].message.content;
}

async function breakStream(model) {
  const read = async (value) => collect(await chat.create({ model, messages, stream: true }, fault(value)));
  const error = await raised(read("error_event"));
  assert.ok(error instanceof OpenAI.APIError, String(error));
  return [error, await raised(read("cut"))].map(({ constructor, message }) => `${constructor.name}: ${message}`);
}

await run({
  create,
  stream,
  streamUsage,
  streamHelper,
  parse,
  useTools,
  runTools,
  runToolsStreamed: (model) => runTools(model, { stream: true }),
  seeImage,
  listModels,
  raiseErrors,
  retry,
  breakStream,
});
