// Vercel's AI SDK with the default model of its OpenAI provider, the Responses API: text, stream, tools, objects, turns.
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { collect, QUESTION, raised, run } from "./steps.mjs";

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: "mock" });
const City = z.object({ name: z.string(), population: z.number().int() });
const tools = {
  get_weather: tool({
    description: "Get the weather.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `Sunny in ${city}.`,
  }),
};
const options = (model) => ({ model: openai(model), prompt: QUESTION, maxRetries: 0 });

async function generate(model) {
  const { text, usage, finishReason, warnings } = await generateText(options(model));
  assert.deepEqual([finishReason, warnings ?? []], ["stop", []]);
  assert.ok(usage.totalTokens > 0);
  return text;
}

async function stream(model) {
  const result = streamText(options(model));
  const text = (await collect(result.textStream)).join("");
  assert.equal(text, await generate(model));
  assert.equal(await result.finishReason, "stop");
  assert.ok((await result.usage).totalTokens > 0);
  return text;
}

async function useTools(model) {
  const { text, steps } = await generateText({ ...options(model), tools, stopWhen: stepCountIs(3) });
  assert.equal(steps[0].finishReason, "tool-calls");
  assert.match(text, /Sunny in Oslo\./);
  return text;
}

async function streamTools(model) {
  const result = streamText({ ...options(model), tools, stopWhen: stepCountIs(3) });
  const inputs = (await collect(result.fullStream)).filter(({ type }) => type === "tool-call");
  assert.deepEqual(inputs.map(({ input }) => input), [{ city: "Oslo" }]);
  assert.match(await result.text, /Sunny in Oslo\./);
  return result.text;
}

async function generateCity(model) {
  const { object } = await generateObject({ ...options(model), schema: City });
  return City.parse(object);
}

/** Continue a conversation: earlier texts are sent as references to stored items. */
async function converse(model) {
  const messages = [{ role: "user", content: QUESTION }];
  const first = await generateText({ model: openai(model), messages, tools, stopWhen: stepCountIs(3) });
  messages.push(...first.response.messages, { role: "user", content: "And tomorrow?" });
  const second = await generateText({ model: openai(model), messages, maxRetries: 0 });
  const providerOptions = { openai: { previousResponseId: second.response.id } };
  const third = await generateText({ model: openai(model), prompt: "And then?", providerOptions, maxRetries: 0 });
  assert.ok(third.usage.inputTokens > second.usage.inputTokens);
  return third.text;
}

async function raiseErrors(model) {
  const failing = (fault) => ({ ...options(model), headers: { "x-mockclaude-fault": fault } });
  for (const status of [429, 529]) {
    const error = await raised(generateText(failing(String(status))));
    assert.ok(APICallError.isInstance(error), String(error));
    assert.deepEqual([error.statusCode, error.isRetryable], [status, true]);
  }
  return [await breakStream(failing("error_event")), await breakStream(failing("cut"))];
}

/** Return the message of the first error of a stream, which is an event or the end of the iteration. */
async function breakStream(failing) {
  const errors = [];
  const result = streamText({ ...failing, onError: ({ error }) => errors.push(error) });
  await collect(result.fullStream).catch((error) => errors.push(error));
  assert.ok(errors.length, "no error");
  return String(errors[0].message ?? errors[0]);
}

await run({ generate, stream, useTools, streamTools, generateCity, converse, raiseErrors });
