// Vercel's AI SDK with Claude on Bedrock, by Converse and by InvokeModel: text, stream, tools, objects.
import assert from "node:assert/strict";
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createBedrockAnthropic } from "@ai-sdk/amazon-bedrock/anthropic";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { QUESTION, run } from "./steps.mjs";

const account = {
  baseURL: process.env.ANTHROPIC_BASE_URL,
  region: "eu-west-1",
  accessKeyId: "AKIAMOCK",
  secretAccessKey: "secret",
};
const PROVIDERS = { converse: createAmazonBedrock(account), invoke: createBedrockAnthropic(account) };
const City = z.object({ name: z.string(), population: z.number().int() });
const tools = {
  get_weather: tool({
    description: "Get the weather.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `Sunny in ${city}.`,
  }),
};
const options = (model) => ({ model, prompt: QUESTION, maxRetries: 0 });

async function stream(model) {
  const { text } = await generateText(options(model));
  assert.equal(await streamText(options(model)).text, text);
  return text;
}

async function useTools(model) {
  const agent = { ...options(model), tools, stopWhen: stepCountIs(3) };
  const { text } = await generateText(agent);
  assert.match(text, /Sunny in Oslo\./);
  assert.match(await streamText(agent).text, /Sunny in Oslo\./);
  return text;
}

async function generateCity(model) {
  return City.parse((await generateObject({ ...options(model), schema: City })).object);
}

const named = Object.entries(PROVIDERS).flatMap(([api, bedrock]) =>
  Object.entries({ stream, useTools, generateCity }).map(([name, step]) => [
    `${api} ${name}`,
    (model) => step(bedrock(`eu.anthropic.${model}-v1:0`)),
  ]),
);
await run(Object.fromEntries(named));
