// Runs the steps of a program with a model, and ends with 1 if one fails.
import assert from "node:assert/strict";

export const QUESTION = "What is the weather in Oslo?";

export async function run(steps) {
  for (const [name, step] of Object.entries(steps)) {
    try {
      console.log(`${name}: ${JSON.stringify(await step(process.argv[2])).slice(0, 100)}`);
    } catch (error) {
      process.exitCode = 1;
      console.error(`${name} failed: ${String(error.stack).slice(0, 500)}`);
    }
  }
}

/** Return the error of a promise, which must have one. */
export async function raised(promise) {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error, "no error");
  return error;
}

export async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}
