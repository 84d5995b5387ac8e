// Reads a line of JSON {scenario, case, text} for each case, writes one of {statuses, pieces, result or error}.
import { createInterface } from "node:readline";
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const Signup = z.object({
  name: z.string(),
  email: z.email(),
  plan_interest: z.enum(["Basic", "Enterprise"]),
  demo_requested: z.boolean(),
});

async function streamed(messages, asked, pieces) {
  const stream = messages.stream(asked);
  stream.on("text", (piece) => pieces.push(piece));
  const final = await stream.finalMessage();
  return { final, whole: await messages.create(asked) };
}

const cases = {
  create: (client, asked) => client.messages.create(asked),
  stream: (client, asked, pieces) => streamed(client.messages, asked, pieces),
  betaStream: (client, asked, pieces) => streamed(client.beta.messages, asked, pieces),

  async toolLoop(client, asked) {
    const calls = [];
    const run = (input) => (calls.push(input), `sunny in ${input.city}`);
    const inputSchema = z.object({ city: z.string() });
    const tool = betaZodTool({ name: "get_weather", description: "The weather", inputSchema, run });
    const last = await client.beta.messages.toolRunner({ ...asked, tools: [tool] });
    return { calls, text: last.content[0].text };
  },

  async parse(client, asked) {
    const message = await client.messages.parse({ ...asked, output_config: { format: zodOutputFormat(Signup) } });
    return message.parsed_output;
  },

  async betaParse(client, asked) {
    const output_config = { format: zodOutputFormat(Signup) };
    const parsed = await client.beta.messages.parse({ ...asked, output_config });
    const streamed = await client.beta.messages.stream({ ...asked, output_config }).finalMessage();
    return [parsed.parsed_output, streamed.parsed_output];
  },

  async countTokens(client, asked) {
    const { max_tokens, ...counted } = asked;
    const { input_tokens } = await client.messages.countTokens(counted);
    return { counted: input_tokens, used: (await client.messages.create(asked)).usage.input_tokens };
  },

  async models(client) {
    const ids = [];
    for await (const model of client.models.list({ limit: 5 })) ids.push(model.id);
    return ids;
  },
};

async function outcome({ scenario, case: name, text }) {
  const statuses = [];
  const pieces = [];
  const watched = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  const baseURL = `${process.env.ANTHROPIC_BASE_URL}/${scenario}`;
  const client = new Anthropic({ baseURL, fetch: watched, timeout: 120_000 * (process.env.TEST_TIME_SCALE ?? 1) });
  const asked = { model: "claude-sonnet-5", max_tokens: 1024, messages: [{ role: "user", content: text }] };
  try {
    return { statuses, pieces, result: await cases[name](client, asked, pieces) };
  } catch (error) {
    const { constructor, status, type, message } = error;
    return { statuses, pieces, error: { class: constructor.name, status, type, message } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await outcome(JSON.parse(line))));
}
