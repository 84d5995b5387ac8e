// Anthropic's SDK for Bedrock, Mantle, Vertex and Foundry: text, stream, tokens, tools, an error.
import assert from "node:assert/strict";
import { AnthropicBedrock, AnthropicBedrockMantle } from "@anthropic-ai/bedrock-sdk";
import { AnthropicFoundry } from "@anthropic-ai/foundry-sdk";
import Anthropic from "@anthropic-ai/sdk";
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk";
import { QUESTION, raised, run } from "./steps.mjs";

const url = process.env.ANTHROPIC_BASE_URL;
const keys = { awsAccessKey: "AKIAMOCK", awsSecretKey: "secret", awsRegion: "eu-west-1" };
const authClient = { getRequestHeaders: async () => new Headers({ authorization: "Bearer mock" }) };
const project = { region: "europe-west1", projectId: "mock-project", authClient };
const question = { max_tokens: 500, messages: [{ role: "user", content: QUESTION }] };
const tools = [
  {
    name: "get_weather",
    input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

const named = (form) => (model) => form.replace("MODEL", model);
const ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.MODEL-v1:0";
const bedrock = new AnthropicBedrock({ baseURL: url, maxRetries: 0, ...keys });
const token = { baseURL: `${url}/anthropic`, apiKey: "mock", maxRetries: 0 };
const PLATFORMS = {
  bedrock: { client: bedrock, model: named("eu.anthropic.MODEL-v1:0"), counts: false },
  bedrockArn: { client: bedrock, model: named(ARN), counts: false },
  mantle: { client: new AnthropicBedrockMantle(token), model: named("anthropic.MODEL"), counts: true },
  vertex: {
    client: new AnthropicVertex({ baseURL: `${url}/v1`, maxRetries: 0, ...project }),
    model: named("MODEL@default"),
    counts: true,
  },
  foundry: { client: new AnthropicFoundry(token), model: named("MODEL"), counts: true },
};

async function converse(client, model, counts) {
  const message = await client.messages.create({ model, ...question });
  const streamed = await client.messages.stream({ model, ...question }).finalMessage();
  const { text } = message.content.at(-1);
  assert.equal(streamed.content.at(-1).text, text);
  assert.equal(streamed.usage.input_tokens, message.usage.input_tokens);
  if (counts) {
    const counted = await client.messages.countTokens({ model, messages: question.messages });
    assert.equal(counted.input_tokens, message.usage.input_tokens);
  }
  const call = (await client.messages.create({ model, tools, ...question })).content.at(-1);
  assert.equal(call.name, "get_weather");
  const headers = { "x-mockclaude-fault": "429" };
  const error = await raised(client.messages.create({ model, ...question }, { headers }));
  assert.ok(error instanceof Anthropic.RateLimitError, String(error));
  return text;
}

const steps = Object.entries(PLATFORMS).map(([name, { client, model, counts }]) => [
  name,
  (catalogued) => converse(client, model(catalogued), counts),
]);
await run(Object.fromEntries(steps));
