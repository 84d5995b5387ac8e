// Vercel's AI SDK with Claude on Bedrock, by Converse and by InvokeModel: text, stream, tools, thinking, an object.
import assert from "node:assert/strict";
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createBedrockAnthropic } from "@ai-sdk/amazon-bedrock/anthropic";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { QUESTION, collect, run } from "./steps.mjs";

const region = { baseURL: process.env.ANTHROPIC_BASE_URL, region: "eu-west-1" };
const keys = { accessKeyId: "AKIAMOCK", secretAccessKey: "secret" };
const PROVIDERS = {
  converse: createAmazonBedrock({ ...region, ...keys }),
  invoke: createBedrockAnthropic({ ...region, ...keys }),
};
const tools = {
  get_weather: tool({
    description: "Get the weather.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `Sunny in ${city}.`,
  }),
};
const reasoningConfig = { type: "enabled", budgetTokens: 1024 };
const thinking = {
  "claude-sonnet-5": { bedrock: { reasoningConfig: { type: "adaptive" } } },
  "claude-haiku-4-5": { bedrock: { reasoningConfig } },
};

const named = (provider, model) => PROVIDERS[provider](`eu.anthropic.${model}-v1:0`);
const options = (provider, model) => ({ model: named(provider, model), prompt: QUESTION, maxRetries: 0 });

async function stream(provider, model) {
  const { text } = await generateText(options(provider, model));
  assert.equal(await streamText(options(provider, model)).text, text);
  return text;
}

async function useTools(provider, model) {
  const looped = { ...options(provider, model), tools, stopWhen: stepCountIs(3) };
  const { text } = await generateText(looped);
  assert.match(text, /Sunny in Oslo\./);
  assert.equal(await streamText(looped).text, text);
  return text;
}

async function think(model) {
  const asked = { ...options("converse", model), providerOptions: thinking[model] };
  const { reasoning, text } = await generateText(asked);
  assert.equal(reasoning.length, 1);
  const parts = await collect(streamText(asked).fullStream);
  assert.ok(parts.some(({ type }) => type === "reasoning-start"));
  return text;
}

async function parse(model) {
  const schema = z.object({ name: z.string(), population: z.number() });
  const { object } = await generateObject({ ...options("converse", model), schema });
  return object;
}

async function stop(model) {
  const { providerMetadata } = await generateText({ ...options("converse", model), stopSequences: ["Oslo"] });
  assert.equal(providerMetadata.bedrock.stopSequence, "Oslo");
  return providerMetadata;
}

const each = (step) =>
  Object.keys(PROVIDERS).map((provider) => [`${step.name} by ${provider}`, (model) => step(provider, model)]);
await run({ ...Object.fromEntries([...each(stream), ...each(useTools)]), think, parse, stop });
