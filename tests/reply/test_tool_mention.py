"""A text asks for a tool by its name, or by a verb that leads to the nouns of the name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.tool_mention import asks_for_call, find_tool
from tests.counting import calls

TOOLS = ["lookup_order", "get_stock_price", "cancel_booking", "create_invoice", "web-search", "run_query", "calculate"]

ASKS = [
    ("use lookup_order", "lookup_order"),
    ("Use the lookup_order tool.", "lookup_order"),
    ("lookup-order, please", "lookup_order"),
    ("lookupOrder(5)", "lookup_order"),
    ("Look up order 5", "lookup_order"),
    ("Please look up the order.", "lookup_order"),
    ("Can you look up my last two orders?", "lookup_order"),
    ("Can I see my order?", "lookup_order"),
    ("I need the order of Mr. Smith", "lookup_order"),
    ("I would like to know the order number", "lookup_order"),
    ("Tell me about order 5", "lookup_order"),
    ("Where is my order?", "lookup_order"),
    ("When will my order arrive?", "lookup_order"),
    ("Hello, what is the status of order 5?", "lookup_order"),
    ("Order 5, please", "lookup_order"),
    ("Don't forget to look up the order", "lookup_order"),
    ("If you do not know, look up the order", "lookup_order"),
    ("Do not guess. Look up the order", "lookup_order"),
    ("Do not guess, but look up the order", "lookup_order"),
    ("Use the lookup_order tool and do not guess", "lookup_order"),
    ("use Lookup_Order, not web-search", "lookup_order"),
    ("It has not arrived, can you look up order 5?", "lookup_order"),
    ("Do not guess, please look up order 5", "lookup_order"),
    ("Compare my orders", "lookup_order"),
    ("get the stock price of ACME", "get_stock_price"),
    ("What's the stock price of ACME?", "get_stock_price"),
    ("What is the price of this stock?", "get_stock_price"),
    ("Stock price of ACME", "get_stock_price"),
    ("The stock price?", "get_stock_price"),
    ("Cancel my booking", "cancel_booking"),
    ("I want you to cancel the booking", "cancel_booking"),
    ("Make an invoice for 5 hours", "create_invoice"),
    ("Search the web for cats", "web-search"),
    ("Use a web search", "web-search"),
    ("Run the query", "run_query"),
    ("calculate it with the calculate tool", "calculate"),
]
DOES_NOT_ASK = [
    "I have a question about an order",
    "Do not look up any order",
    "Don’t look up the order.",
    "Never use lookup_order",
    "Answer without lookup_order",
    "There is no need to look up the order",
    "Guess instead of looking up the order, or use your memory rather than lookup_order",
    "lookup_order must not be used",
    "The lookup_order tool isn't needed",
    "You cannot look up orders",
    "I got an order from them",
    "They list orders on Mondays",
    "Tell me a joke about an order",
    "Find me a table, then order a pizza",
    "Order a pizza",
    "Orders are hard",
    "How do I order a pizza?",
    "What is an order?",
    "When the order arrives, be happy",
    "Call me when the order arrives",
    "Explain it in order to use less words",
    "Tell me a story in order",
    "What is the price?",
    "The stock fell. What is the price?",
    "I have cancelled my booking",
    "The cancel button of a booking",
    "What is invoice 5?",
    "An invoice",
    "The order of the list is wrong",
    "Orders in Oslo are late.",
    "My order from Monday was fine",
    "What does the spider do in its web?",
    "calculate 2 + 2",
    "Query or run",
    "",
    "\n\n",
]

OTHER_TOOLS = ["search", "send_email", "run_sql", "read_file", "create_ticket", "bash", "calculator", "get_weather"]
ASKS_OTHERS = [
    ("Search for cats", "search"),
    ("Can you search for cats?", "search"),
    ("Use search", "search"),
    ("Send an email to Ann", "send_email"),
    ("Could you please send Ann an email?", "send_email"),
    ("Run this SQL: select 1", "run_sql"),
    ("Explain the table, then run some SQL", "run_sql"),
    ("Read the file a.txt", "read_file"),
    ("What is in the file a.txt?", "read_file"),
    ("Create a ticket for the printer", "create_ticket"),
    ("I want you to create a ticket", "create_ticket"),
    ("Run ls with bash", "bash"),
    ("Use the calculator to add 2 and 2", "calculator"),
    ("What is 2 + 2? Use a calculator", "calculator"),
    ("Use get_weather and explain how it works", "get_weather"),
    ("What is the weather in Oslo, use get_weather", "get_weather"),
    ("How should I dress for the weather in Oslo?", "get_weather"),
    ("Don't explain, just get the weather", "get_weather"),
    ("Explain the weather and send an email about it", "send_email"),
    ("Describe the plan, then send an email", "send_email"),
    ("Can you help me search for cats?", "search"),
    ("What should I wear, using get_weather?", "get_weather"),
    ("Explain the plan using get_weather", "get_weather"),
    ("How is the weather?", "get_weather"),
    ("I want to see the weather", "get_weather"),
    ("I plan a trip. Can you help me with the weather, the time and the mail?", "get_weather"),
]
DOES_NOT_ASK_OTHERS = [
    "Explain how get_weather works",
    "How does the get_weather tool work?",
    "What is get_weather?",
    "What does get_weather do?",
    "Why did you call get_weather?",
    "Describe the send_email tool",
    "Tell me about run_sql",
    "Tell me what create_ticket does",
    "What are the parameters of run_sql?",
    "When should I use get_weather?",
    "Is read_file safe to use?",
    "Which arguments does create_ticket take, and why?",
    "Explain how to use a calculator",
    "Show me how to send an email",
    "I want to know why the file is gone",
    "How does weather work?",
    "I want to lose weight, file my taxes and buy a ticket",
    "I want to close my ticket",
    "I need to return the file",
    "I need help with a file",
    "Search is hard",
    "I got an email from Ann",
    "How much is a ticket to Rome?",
    "Bash is a shell",
    "Who invented the calculator?",
]


@pytest.mark.parametrize(("text", "tool"), ASKS_OTHERS)
def test_text_asks_for_one_of_other_tools(text: str, tool: str) -> None:
    assert find_tool(OTHER_TOOLS, text) == tool


@pytest.mark.parametrize("text", DOES_NOT_ASK_OTHERS)
def test_text_about_a_tool_asks_for_nothing(text: str) -> None:
    assert find_tool(OTHER_TOOLS, text) is None


@pytest.mark.parametrize("tools", [["lookup_order"], ["lookup_order", "return_item"]])
def test_return_asks_only_for_the_tool_that_returns(tools: list[str]) -> None:
    assert find_tool(tools, "I want to return my order") is None
    assert find_tool(tools, "I want to return my item") == ("return_item" if "return_item" in tools else None)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("List files", "list_files"),
        ("Please list all files", "list_files"),
        ("Read the file", "read_file"),
        ("Show me the files", "read_file"),
        ("Delete file 5", "delete_file"),
    ],
)
def test_the_verb_of_a_text_selects_among_tools_of_one_noun(text: str, tool: str) -> None:
    assert find_tool(["read_file", "delete_file", "list_files"], text) == tool


@pytest.mark.parametrize(("text", "tool"), ASKS)
def test_text_asks_for_a_tool(text: str, tool: str) -> None:
    assert find_tool(TOOLS, text) == tool


@pytest.mark.parametrize("text", DOES_NOT_ASK)
def test_text_that_shares_words_asks_for_nothing(text: str) -> None:
    assert find_tool(TOOLS, text) is None


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("mcp__shop_server__get_order", "Show order 5"),
        ("getOrder", "Show order 5"),
        ("get-order", "use get_order"),
        ("search_list", "Search the list"),
        ("tool_order", "Find the order"),
        ("weather", "Use the weather tool"),
    ],
)
def test_names_have_words_however_they_are_spelled(tool: str, text: str) -> None:
    assert find_tool([tool], text) == tool


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Please include your response in a tool call.", True),
        ("Respond with a tool call", True),
        ("You must call a function", True),
        ("Use one of the tools", True),
        ("Do not use a tool", False),
        ("Explain how to use a tool", False),
        ("Answer without a tool call", False),
        ("How does a tool call work?", False),
        ("Which tools are there?", False),
        ("Use the hammer of a good tool", False),
        ("Can you use a tool?", True),
        ("You can use tools. Hello", False),
        ("You may use the tools, if necessary. Hello", False),
        ("Use tools only when they help. Hello", False),
        ("I use a tool for it", False),
        ("Should I use a tool?", False),
    ],
)
def test_text_asks_for_a_call_of_any_tool(text: str, asks: bool) -> None:
    assert asks_for_call(text) == asks


@given(prefix=st.text(), tool=st.sampled_from(TOOLS))
def test_an_instruction_in_its_own_paragraph_is_found(prefix: str, tool: str) -> None:
    found = find_tool([tool], f"{prefix}\n\nUse the {tool} tool.")

    assert found == tool


def test_asks_that_are_compared_are_bounded() -> None:
    tools = [f"get_a_b{number}" for number in range(200)]
    text = " ".join([*(f"b{number}" for number in range(200)), "get it. a", "find a " * 20_000])

    assert calls(lambda: find_tool(tools, text)) < 500_000
