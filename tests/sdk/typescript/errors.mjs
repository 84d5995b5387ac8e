// Reads JSON [text, ...]; writes JSON [error, ...]: what the SDK throws where a user says each text.
import { text as read } from "node:stream/consumers";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0, timeout: 120_000 * (process.env.TEST_TIME_SCALE ?? 1) });

async function thrown(content) {
  try {
    await client.messages.create({ model: "claude-sonnet-5", max_tokens: 1024, messages: [{ role: "user", content }] });
  } catch (error) {
    const { constructor, status, type, apiMessage, errorCode, details, requestID, workspaceID, headers } = error;
    return {
      class: constructor.name,
      said: { status, type, message: apiMessage, error_code: errorCode, details, workspace_id: workspaceID },
      ids: [requestID, error.error.request_id ?? null],
      headers: Object.fromEntries(headers),
    };
  }
}

const texts = JSON.parse(await read(process.stdin));
console.log(JSON.stringify(await Promise.all(texts.map(thrown))));
