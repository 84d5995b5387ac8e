// The Responses API of OpenAI's SDK, and LangChain on top of it: text, stream, tools, structured output, errors.
import assert from "node:assert/strict";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { collect, QUESTION, raised, run } from "./steps.mjs";

const client = new OpenAI({ maxRetries: 0 });
const City = z.object({ name: z.string(), population: z.number().int() });
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tools = [{ type: "function", name: "get_weather", description: "Get the weather.", parameters, strict: true }];
const input = [{ role: "user", content: QUESTION }];

async function create(model) {
  const response = await client.responses.create({ model, input: QUESTION, instructions: "Be brief." });
  assert.equal(response.status, "completed");
  assert.deepEqual((await client.responses.retrieve(response.id)).output, response.output);
  return response.output_text;
}

async function stream(model) {
  const events = await collect(await client.responses.create({ model, input: QUESTION, stream: true }));
  const deltas = events.filter(({ type }) => type === "response.output_text.delta").map(({ delta }) => delta);
  assert.equal(events.at(-1).response.output_text ?? deltas.join(""), deltas.join(""));
  assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
  return deltas.join("");
}

async function streamTools(model) {
  const result = client.responses.stream({ model, input, tools });
  const events = await collect(result);
  const { output } = await result.finalResponse();
  assert.ok(events.some(({ type }) => type === "response.function_call_arguments.done"));
  const outputs = output
    .filter(({ type }) => type === "function_call")
    .map(({ call_id }) => ({ type: "function_call_output", call_id, output: "Sunny in Oslo." }));
  const last = await client.responses.create({ model, input: [...input, ...output, ...outputs], tools });
  assert.match(last.output_text, /Sunny in Oslo\./);
  return last.output_text;
}

async function parse(model) {
  const text = { format: zodTextFormat(City, "city") };
  const { output_parsed: city } = await client.responses.parse({ model, input: "Oslo", text });
  return City.parse(city);
}

async function raiseErrors(model) {
  const headers = { "x-mockclaude-fault": "529" };
  const overloaded = await raised(client.responses.create({ model, input }, { headers }));
  assert.ok(overloaded instanceof OpenAI.InternalServerError);
  assert.equal(overloaded.status, 529);
  const faulty = { headers: { "x-mockclaude-fault": "error_event" } };
  const failed = await client.responses.create({ model, input, stream: true }, faulty);
  return String(await raised(collect(failed)));
}

async function useLangchain(model) {
  const getWeather = tool(({ city }) => `Sunny in ${city}.`, {
    name: "get_weather",
    description: "Get the weather.",
    schema: z.object({ city: z.string() }),
  });
  const configuration = { baseURL: process.env.OPENAI_BASE_URL };
  const chat = new ChatOpenAI({ model, maxRetries: 0, useResponsesApi: true, configuration });
  const first = await chat.bindTools([getWeather]).invoke(QUESTION);
  const result = new ToolMessage({ content: "Sunny in Oslo.", tool_call_id: first.tool_calls[0].id });
  const chunks = await collect(await chat.bindTools([getWeather]).stream([new HumanMessage(QUESTION), first, result]));
  assert.match(chunks.map((chunk) => chunk.text).join(""), /Sunny in Oslo\./);
  return City.parse(await chat.withStructuredOutput(City).invoke("Oslo"));
}

await run({ create, stream, streamTools, parse, raiseErrors, useLangchain });
