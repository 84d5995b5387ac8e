// First tests with mockclaude: the page, the app and its client are real, the replies come from rules.
import { type Page, expect, test } from "@playwright/test";
import { mock } from "./mockclaude";

async function ask(page: Page, question: string): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Question").fill(question);
  await page.getByRole("button").click();
}

test.beforeEach(() => mock.reset());

test("a rule replies", async ({ page }) => {
  mock.when({ user: "refund" }).reply("Granted.");
  await ask(page, "I want a refund!");

  await expect(page.getByRole("status")).toHaveText("Granted.");
  mock.verify({ user: "refund" }, 1);
});

test("an overloaded API is retried", async ({ page }) => {
  mock.when({}).sequence([{ error: 529 }, "At last."]);
  await ask(page, "Hello!");

  await expect(page.getByRole("status")).toHaveText("At last.");
});

test("a broken stream is reported", async ({ page }) => {
  mock.reply("One, two, three, four, five, six.", { fault: { disconnect: "close", after: "text_delta 2" } });
  await ask(page, "Count to ten.");

  await expect(page.getByRole("status")).toHaveText("Please try again.");
});
