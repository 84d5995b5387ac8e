// Vercel's AI SDK with Claude on Bedrock: text, stream, tools.
import assert from "node:assert/strict";
import { createBedrockAnthropic } from "@ai-sdk/amazon-bedrock/anthropic";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { QUESTION, run } from "./steps.mjs";

const region = { baseURL: process.env.ANTHROPIC_BASE_URL, region: "eu-west-1" };
const bedrock = createBedrockAnthropic({ ...region, accessKeyId: "AKIAMOCK", secretAccessKey: "secret" });
const tools = {
  get_weather: tool({
    description: "Get the weather.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `Sunny in ${city}.`,
  }),
};
const options = (model) => ({ model: bedrock(`eu.anthropic.${model}-v1:0`), prompt: QUESTION, maxRetries: 0 });

async function stream(model) {
  const { text } = await generateText(options(model));
  assert.equal(await streamText(options(model)).text, text);
  return text;
}

async function useTools(model) {
  const { text } = await generateText({ ...options(model), tools, stopWhen: stepCountIs(3) });
  assert.match(text, /Sunny in Oslo\./);
  return text;
}

await run({ stream, useTools });
