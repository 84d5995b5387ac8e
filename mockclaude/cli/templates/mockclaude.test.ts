// First tests with mockclaude. Replace `ask` by your code: its client finds the server in the environment.
import { beforeEach, expect, test } from "@RUNNER@";
import { mock } from "./mockclaude";
import Anthropic from "@anthropic-ai/sdk";

async function ask(question: string): Promise<string> {
  const messages = [{ role: "user" as const, content: question }];
  const stream = new Anthropic().messages.stream({ model: "claude-sonnet-5", max_tokens: 100, messages });
  return stream.finalText();
}

beforeEach(() => mock.reset());

test("a rule replies", async () => {
  mock.when({ user: "refund" }).reply("Granted.");

  expect(await ask("I want a refund!")).toBe("Granted.");
  mock.verify({ user: "refund" }, 1);
});

test("an overloaded API is retried", async () => {
  mock.when({}).sequence([{ error: 529 }, "At last."]);

  expect(await ask("Hello!")).toBe("At last.");
  expect(mock.requests().map((request) => request.response.status)).toEqual([529, 200]);
});

test("a broken stream is an error", async () => {
  mock.reply("One, two, three, four, five, six.", { fault: { disconnect: "close", after: "text_delta 2" } });

  await expect(ask("Count to ten.")).rejects.toThrow();
});
