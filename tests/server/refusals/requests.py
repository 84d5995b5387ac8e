"""What the API refuses of a request before it looks at the conversation: shape, headers, what a model takes."""

from __future__ import annotations

from tests.api.pictures import pdf
from tests.server.refusals.writing import (
    ADAPTIVE,
    ADAPTIVE_INSTEAD,
    ANSWER,
    CLOSED,
    COUNT,
    DISABLED,
    ENABLED,
    EXTRA,
    FABLE,
    MIDDLE,
    NO_PREFILL,
    OLD,
    OLDER,
    QUESTION,
    SYSTEM,
    Refusal,
    Sent,
    asked,
    assistant,
    beta,
    by_headers,
    document,
    formatted,
    result,
    row,
    said,
    searched,
    text,
    tool,
    use,
    user,
)

FALLING_BACK = beta("server-side-fallback-2026-07-01")
OFFERED = (
    "advisor_20260301, bash_20250124, browser_toolset_20260801, code_execution_20250825, computer_20251124, "
    "computer_toolset_20260801, memory_20250818, text_editor_20250728, tool_search_tool_bm25_20251119, "
    "tool_search_tool_regex_20251119, web_fetch_20250910, web_search_20250305"
)
BLOCKS = (
    "'bash_code_execution_tool_result', 'code_execution_tool_result', 'connector_text', 'container_upload', "
    "'document', 'image', 'mid_conv_system', 'redacted_thinking', 'search_result', 'server_tool_use', 'text', "
    "'text_editor_code_execution_tool_result', 'thinking', 'tool_result', 'tool_search_tool_result', 'tool_use', "
    "'web_fetch_tool_result', 'web_search_tool_result'"
)

SHAPE = [
    row("max_tokens: Field required", {"max_tokens": ...}, {"max_tokens": 0}),
    row("messages: Field required", {"messages": ...}, {}),
    row("model: Field required", {"model": ...}, {}),
    row(f"temperature: {EXTRA}", {"temperature": 1}, {}),
    row(f"context_management: {EXTRA}", {"context_management": {}}, {"context_management": ...}),
    Refusal(
        f"context_management: {EXTRA}",
        Sent({"context_management": {}}, beta("compact-2026-09-04")),
        Sent({"context_management": {}}, beta("context-management-2025-06-27")),
        about="with another beta",
    ),
    row(f"tools.0.custom.examples: {EXTRA}", {"tools": [tool(examples=[])]}, {"tools": [tool(input_examples=[])]}),
    row(
        f"tools.0.web_search_20250305.user_location.planet: {EXTRA}",
        {"tools": [searched(user_location={"type": "approximate", "planet": "Earth"})]},
        {"tools": [searched(user_location={"type": "approximate", "city": "Paris"})]},
    ),
    row(
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        {"thinking": {"type": "enabled", "budget_tokens": 1023}, "model": MIDDLE},
        {"thinking": ENABLED, "model": MIDDLE},
    ),
    row(
        "temperature: Input should be a valid number",
        {"temperature": "1", "model": OLDER},
        {"temperature": 1, "model": OLDER},
        OLD,
    ),
    row(
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        {"tools": [tool("get weather")]},
        {"tools": [tool("get-weather")]},
    ),
    row(
        "tools.0.custom.name: String should have at most 128 characters",
        {"tools": [tool("x" * 129)]},
        {"tools": [tool("x" * 128)]},
    ),
    row(
        "tools.0.custom.input_schema: Input does not match the expected shape.",
        {"tools": [tool(input_schema=True)]},
        {"tools": [tool()]},
    ),
    row("messages.0: Input does not match the expected shape.", {"messages": ["Hi"]}, {}),
    row("tools.0.custom.input_schema.type: Field required", {"tools": [tool(input_schema={})]}, {"tools": [tool()]}),
    row("messages: at least one message is required", {"messages": []}, {}),
    row("messages.0.role: Input should be 'user' or 'assistant'", {"messages": [{**QUESTION, "role": "tool"}]}, {}),
    row(
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
        said(assistant(use("a b"))),
        said(assistant(use("a-b")), user(result("a-b"))),
    ),
    row(
        "messages.0.content.0: Input tag 'fallback' found using 'type' does not match any of the expected tags: "
        f"{BLOCKS}",
        asked({"type": "fallback"}),
        asked(text()),
    ),
    Refusal(f"max_tokens: {EXTRA}", Sent({"max_tokens": 9}, path=COUNT), Sent({}, path=COUNT)),
]

HEADERS = [
    by_headers(
        "Unexpected value(s) `invalid-beta-name` for the `anthropic-beta` header. Please consult our documentation at "
        "platform.claude.com/docs or try again without the header.",
        beta("invalid-beta-name"),
        beta("pdfs-2024-09-25"),
    ),
    by_headers("anthropic-version: header is required", {"anthropic-version": None}, OLD),
    by_headers('anthropic-version: "2024-01-01" is not a valid version', {"anthropic-version": "2024-01-01"}, OLD),
    by_headers("x-api-key header is required", {"x-api-key": None}, {}, 401),
    by_headers("invalid x-api-key", {"x-api-key": "other"}, {}, 401),
    by_headers(
        "Invalid bearer token",
        {"x-api-key": None, "authorization": "Bearer other"},
        {"x-api-key": None, "authorization": "Bearer mock"},
        401,
    ),
    by_headers(
        "OAuth authentication is currently not supported.",
        {"x-api-key": None, "authorization": "Bearer sk-ant-oat01"},
        {"x-api-key": None, "authorization": "Bearer sk-ant-oat01", **beta("oauth-2025-04-20")},
        401,
    ),
    by_headers("Content-Type must be application/json; got 'text/plain'", {"content-type": "text/plain"}, {}, 415),
    Refusal(
        "model: claude-3-opus-20240229",
        Sent({"model": "claude-3-opus-20240229"}),
        Sent({"model": "claude-3-haiku-20240307"}),
        404,
        "not_found_error",
    ),
    Refusal("model: claude-does-not-exist", Sent({"model": "claude-does-not-exist"}), Sent(), 404, "not_found_error"),
    Refusal(
        "model: claude-does-not-exist",
        Sent({"model": "claude-does-not-exist"}, path=COUNT),
        Sent({}, path=COUNT),
        404,
        "not_found_error",
        "counted",
    ),
]

MODELS = [
    row(
        "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001",
        {"model": OLDER, "max_tokens": 64_001},
        {"model": OLDER, "max_tokens": 64_000},
    ),
    row(
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        {"thinking": ENABLED, "model": MIDDLE, "max_tokens": 1024},
        {"thinking": ENABLED, "model": MIDDLE, "max_tokens": 1025},
    ),
    row(
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode",
        {"thinking": ENABLED, "model": MIDDLE, "temperature": 0.5},
        {"thinking": ENABLED, "model": MIDDLE, "temperature": 1},
        OLD,
    ),
    row("temperature: range: 0..1", {"model": OLDER, "temperature": 1.1}, {"model": OLDER, "temperature": 1}, OLD),
    row(
        "temperature: range: 0..1",
        {"model": OLDER, "temperature": -1},
        {"model": OLDER, "temperature": 0},
        OLD,
    ),
    *(
        row(f"`{sampler}` is deprecated for this model.", {sampler: value}, {sampler: value, "model": OLDER}, OLD)
        for sampler, value in (("temperature", 0.5), ("top_p", 0.5), ("top_k", 5))
    ),
    row(
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        {"model": OLDER, "temperature": 0.5, "top_p": 0.5},
        {"model": OLDER, "temperature": 0.5},
        OLD,
    ),
    row(
        "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode",
        {"model": MIDDLE, "thinking": ADAPTIVE, "top_p": 0.9},
        {"model": MIDDLE, "thinking": ADAPTIVE, "top_p": 0.95},
        OLD,
    ),
    row(
        "`top_k` must be unset when thinking is enabled or in adaptive mode",
        {"model": MIDDLE, "thinking": ADAPTIVE, "top_k": 5},
        {"model": MIDDLE, "thinking": DISABLED, "top_k": 5},
        OLD,
    ),
    row(
        f'"thinking.type.enabled" is not supported for this model. {ADAPTIVE_INSTEAD}',
        {"thinking": ENABLED},
        {"thinking": ADAPTIVE},
    ),
    row(
        "'claude-3-5-haiku-20241022' does not support thinking.",
        {"model": "claude-3-5-haiku-20241022", "thinking": ENABLED},
        {"model": "claude-3-5-haiku-20241022", "thinking": DISABLED},
    ),
    row(
        "adaptive thinking is not supported on this model",
        {"model": OLDER, "thinking": ADAPTIVE},
        {"model": OLDER, "thinking": ENABLED},
    ),
    row(
        '"thinking.type.between_tools" is not supported for this model.',
        {"thinking": {"type": "between_tools"}},
        {"thinking": {"type": "between_tools"}, "model": "claude-sonnet-5-5"},
    ),
    row(
        '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not '
        'specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.',
        {"model": "claude-mythos-preview", "thinking": DISABLED},
        {"model": "claude-mythos-preview", "thinking": ENABLED},
    ),
    row(
        f'"thinking.type.disabled" is not supported for this model. {ADAPTIVE_INSTEAD}',
        {"model": FABLE, "thinking": DISABLED},
        {"model": FABLE, "thinking": ADAPTIVE},
    ),
    row(
        '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools" for the lowest '
        'thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
        {"model": "claude-sonnet-5-5", "thinking": DISABLED},
        {"model": "claude-sonnet-5-5", "thinking": ADAPTIVE},
    ),
    row(
        "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
        {"model": MIDDLE, "output_config": {"effort": "xhigh"}},
        {"model": MIDDLE, "output_config": {"effort": "max"}},
    ),
    row(
        "This model does not support the effort parameter.",
        {"model": OLDER, "output_config": {"effort": "low"}},
        {"model": OLDER, "output_config": {}},
    ),
    row(
        "output_config.effort 'max' is not supported when thinking is disabled on this model. "
        "Use effort 'high' or below, or enable thinking.",
        {"thinking": DISABLED, "output_config": {"effort": "max"}},
        {"thinking": DISABLED, "output_config": {"effort": "high"}},
    ),
    row(
        "Thinking may not be enabled when tool_choice forces tool use.",
        {"model": MIDDLE, "thinking": ENABLED, "tools": [tool()], "tool_choice": {"type": "any"}},
        {"model": MIDDLE, "thinking": ENABLED, "tools": [tool()], "tool_choice": {"type": "auto"}},
    ),
    row(
        'tool_choice: type "tool" and "any" are not supported for this model.',
        {"model": FABLE, "tools": [tool()], "tool_choice": {"type": "tool", "name": "get_weather"}},
        {"model": FABLE, "tools": [tool()], "tool_choice": {"type": "auto"}},
    ),
    row(
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        said(ANSWER, model=NO_PREFILL),
        said(ANSWER, model=OLDER),
    ),
    row("role 'system' is not supported on this model", said(SYSTEM, model=OLDER), said(SYSTEM)),
    row(
        "'claude-opus-4-7' does not support the `speed` parameter.",
        {"model": "claude-opus-4-7", "speed": "fast"},
        {"speed": "fast"},
    ),
    row(
        "'claude-3-haiku-20240307' does not support PDFs.",
        asked(document(pdf(1)), model="claude-3-haiku-20240307"),
        asked(document(pdf(1))),
    ),
    row(
        "'claude-3-haiku-20240307' does not support the `output_config.format` parameter.",
        formatted(**CLOSED) | {"model": "claude-3-haiku-20240307"},
        formatted(**CLOSED),
    ),
    row(
        "'claude-3-haiku-20240307' does not support the `output_format` parameter.",
        {"output_format": formatted(**CLOSED)["output_config"]["format"], "model": "claude-3-haiku-20240307"},
        {"output_format": formatted(**CLOSED)["output_config"]["format"]},
        beta("structured-outputs-2025-11-13"),
    ),
    row(
        "'claude-sonnet-5' does not support the `fallbacks` parameter.",
        {"model": "claude-sonnet-5", "fallbacks": "default"},
        {"model": "claude-opus-5", "fallbacks": "default"},
        FALLING_BACK,
    ),
    row(
        "'claude-haiku-4-5' is not a valid fallback target for 'claude-opus-5'. Valid targets: claude-opus-4-8.",
        {"model": "claude-opus-5", "fallbacks": [{"model": "claude-haiku-4-5"}]},
        {"model": "claude-opus-5", "fallbacks": [{"model": "claude-opus-4-8"}]},
        FALLING_BACK,
    ),
    row(
        "fallbacks: between 1 and 3 fallback models may be provided. Found 0.",
        {"model": FABLE, "fallbacks": []},
        {"model": FABLE, "fallbacks": None},
        FALLING_BACK,
    ),
    row(
        "fallbacks: fallback models must be distinct, and must not include the requested model.",
        {"model": FABLE, "fallbacks": [{"model": FABLE}]},
        {"model": FABLE, "fallbacks": [{"model": "claude-opus-5"}]},
        FALLING_BACK,
    ),
    row(
        f"'{FABLE}' does not support tool types: computer_20250124. Did you mean one of {OFFERED}?",
        {
            "model": FABLE,
            "tools": [{"type": "computer_20250124", "name": "computer", "display_height_px": 9, "display_width_px": 9}],
        },
        {"model": FABLE, "tools": [{"type": "computer_toolset_20260801"}]},
        beta("computer-use-2025-01-24"),
    ),
]
