// LangChain's ChatOpenAI: text, stream, tools, structured output.
import assert from "node:assert/strict";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { collect, QUESTION, raised, run } from "./steps.mjs";

const getWeather = tool(({ city }) => `Sunny in ${city}.`, {
  name: "get_weather",
  description: "Get the weather.",
  schema: z.object({ city: z.string() }),
});
const City = z.object({ name: z.string(), population: z.number().int() });
const connect = (model, headers = {}) => {
  const configuration = { baseURL: process.env.OPENAI_BASE_URL, defaultHeaders: headers };
  return new ChatOpenAI({ model, maxRetries: 0, configuration });
};

async function invoke(model) {
  const message = await connect(model).invoke(QUESTION);
  assert.equal(message.response_metadata.finish_reason, "stop");
  assert.ok(message.usage_metadata.total_tokens > 0);
  return message.content;
}

async function stream(model) {
  const chunks = await collect(await connect(model).stream(QUESTION));
  const text = chunks.map(({ content }) => content).join("");
  const message = await connect(model).invoke(QUESTION);
  const used = chunks.map((chunk) => chunk.usage_metadata?.total_tokens ?? 0);
  assert.equal(text, message.content);
  assert.equal(Math.max(...used), message.usage_metadata.total_tokens);
  return text;
}

async function bindTools(model) {
  const chat = connect(model).bindTools([getWeather]);
  const message = await chat.invoke(QUESTION);
  const streamed = (await collect(await chat.stream(QUESTION))).reduce((sum, chunk) => sum.concat(chunk));
  const [call] = message.tool_calls;
  assert.deepEqual(streamed.tool_calls[0].args, call.args);
  const result = new ToolMessage({ content: await getWeather.invoke(call.args), tool_call_id: call.id });
  const { content } = await chat.invoke([new HumanMessage(QUESTION), message, result]);
  assert.match(content, /Sunny in Oslo\./);
  return content;
}

async function structure(model) {
  const cities = [];
  for (const method of ["jsonSchema", "functionCalling"]) {
    cities.push(City.parse(await connect(model).withStructuredOutput(City, { name: "city", method }).invoke(QUESTION)));
  }
  return cities;
}

async function raiseErrors(model) {
  const failing = (fault) => connect(model, { "x-mockclaude-fault": fault });
  const statuses = [];
  for (const fault of ["429", "529"]) statuses.push((await raised(failing(fault).invoke(QUESTION))).status);
  assert.deepEqual(statuses, [429, 529]);
  const { message } = await raised(failing("error_event").stream(QUESTION).then(collect));
  assert.match(message, /Overloaded/);
  return message;
}

await run({ invoke, stream, bindTools, structure, raiseErrors });
