import { expect, test } from "vitest";
import { mock } from "./mockclaude.js";
import Anthropic from "@anthropic-ai/sdk";

test("this file has a lane of its own", async () => {
  mock.when({ user: "refund" }).reply("Refused.");
  const messages = [{ role: "user" as const, content: "I want a refund!" }];
  const message = await new Anthropic().messages.create({ model: "claude-sonnet-5", max_tokens: 99, messages });

  expect(message.content).toEqual([{ type: "text", text: "Refused." }]);
  mock.verify({}, 1);
});
