// Vercel's AI SDK with both of its providers for chat completions: text, stream, tools, objects, errors.
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { collect, QUESTION, raised, run } from "./steps.mjs";

const address = { baseURL: process.env.OPENAI_BASE_URL, apiKey: "mock" };
const compatible = createOpenAICompatible({
  name: "mockclaude",
  ...address,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const PROVIDERS = { openai: createOpenAI(address).chat, compatible };
const City = z.object({ name: z.string(), population: z.number().int() });
const tools = {
  get_weather: tool({
    description: "Get the weather.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `Sunny in ${city}.`,
  }),
};
const options = (model) => ({ model, prompt: QUESTION, maxRetries: 0 });

async function generate(model) {
  const { text, usage, finishReason } = await generateText(options(model));
  assert.equal(finishReason, "stop");
  assert.ok(usage.totalTokens > 0);
  return text;
}

async function stream(model) {
  const result = streamText(options(model));
  let text = "";
  for await (const delta of result.textStream) text += delta;
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
  const inputs = [];
  for await (const part of result.fullStream) if (part.type === "tool-call") inputs.push(part.input);
  assert.deepEqual(inputs, [{ city: "Oslo" }]);
  assert.match(await result.text, /Sunny in Oslo\./);
  return inputs;
}

async function generateCity(model) {
  const { object } = await generateObject({ ...options(model), schema: City });
  return City.parse(object);
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

const STEPS = { generate, stream, useTools, streamTools, generateCity, raiseErrors };
const named = Object.entries(PROVIDERS).flatMap(([provider, create]) =>
  Object.entries(STEPS).map(([name, step]) => [`${provider} ${name}`, (model) => step(create(model))]),
);
await run(Object.fromEntries(named));
