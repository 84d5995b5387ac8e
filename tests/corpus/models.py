"""Constants by model, retirement and names."""

from __future__ import annotations

from tests.corpus.pair import COUNT_TOKENS, MESSAGES, Accepted, Pair, Refused

MESSAGE = ["model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage"]

USAGE = [
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
    "output_tokens",
]
TIER = ["service_tier", "inference_geo"]
ITERATION = ["input_tokens", "output_tokens", *USAGE[2:0:-1], "cache_creation", "type"]

NAMED = "rules: [{when: {model: claude-sonnet-4-0}, reply: Sunny.}]"
RAIN = "rules: [{reply: 'It has been raining in Bergen since the early morning, and nobody there is surprised'}]"

REGIONS = "recorded: 750 messages of models up to 4.5, and 770 of later ones"
DETAILS = "recorded: 182 of 182 messages"

PAIRS: list[Pair] = [
    Pair(
        "an alias has the id of its model",
        "documented: the table of models",
        {"model": "claude-haiku-4-5"},
        Accepted({"model": "claude-haiku-4-5-20251001"}, keys={"": MESSAGE}),
    ),
    Pair(
        "a stream has the same message",
        "documented: streaming",
        {"stream": True},
        Accepted({"0.message.content": [], "-2.delta.stop_reason": "end_turn", "0.message.container": ...}),
    ),
    Pair(
        "an old model has no region and no details",
        REGIONS,
        {"model": "claude-haiku-4-5"},
        Accepted({"usage.inference_geo": "not_available"}, keys={"usage": [*USAGE, *TIER]}),
    ),
    Pair(
        "the details stand before the tier if an old model thinks",
        DETAILS,
        {"model": "claude-haiku-4-5", "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
        Accepted(
            {"usage.output_tokens_details.thinking_tokens": 0}, keys={"usage": [*USAGE, "output_tokens_details", *TIER]}
        ),
    ),
    Pair(
        "Claude 4 has no details even if it thinks",
        DETAILS,
        {
            "model": "claude-sonnet-4-0",
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "max_tokens": 2000,
        },
        Accepted(keys={"usage": [*USAGE, *TIER]}),
        scenario=NAMED,
    ),
    Pair(
        "Claude 4.6 has a region",
        REGIONS,
        {"model": "claude-sonnet-4-6"},
        Accepted({"usage.inference_geo": "global", "usage.output_tokens_details": ...}),
    ),
    Pair(
        "the newer models have details of nothing",
        "recorded: 226 of 226 messages of Opus 4.8, Opus 5, Sonnet 5 and Fable 5",
        {"model": "claude-opus-4-8", "thinking": {"type": "disabled"}},
        Accepted({"usage.output_tokens_details": {"thinking_tokens": 0}, "usage.inference_geo": "global"}),
    ),
    Pair(
        "the details come at the end of a stream",
        DETAILS,
        {"stream": True},
        Accepted(
            {"0.message.usage.output_tokens_details": ..., "-2.usage.output_tokens_details": {"thinking_tokens": 0}},
            keys={
                "0.message.usage": [*USAGE, *TIER],
                "-2.usage": [*USAGE[:3], "output_tokens", "output_tokens_details"],
            },
        ),
    ),
    *(
        Pair(
            f"the name {name} is unknown",
            "recorded for claude-4-5-haiku; supposed for the others",
            {"model": name},
            Refused(f"model: {name}", 404, "not_found_error"),
        )
        for name in ("claude-4-5-haiku", "claude-haiku-5", "claude-sonet-4-5", "claude-3-5-haiku", "gpt-5")
    ),
    *(
        Pair(
            f"the name {name} is known",
            "own rule: newer than the catalogue, or a listed name with a suffix",
            {"model": name},
            Accepted({"model": name, "usage.inference_geo": "global"}),
        )
        for name in ("claude-sonnet-6", "claude-opus-5-6-20270101", "claude-opus-4-6-thinking")
    ),
    *(
        Pair(
            f"{name} is retired on {day}",
            "documented: the table of retirements; the 404 is supposed",
            {"model": name} if path == MESSAGES else {"model": name, "max_tokens": ...},
            Refused(f"model: {name}", 404, "not_found_error"),
            path=path,
            scenario=f"today: {day}\nrules: [reply: Sunny.]",
        )
        for name, day, path in (
            ("claude-3-haiku-20240307", "2026-04-19", MESSAGES),
            ("claude-3-7-sonnet-latest", "2026-11-29", COUNT_TOKENS),
            ("claude-sonnet-4-5", "2026-11-30", MESSAGES),
        )
    ),
    *(
        Pair(
            f"{name} is not retired on {day}",
            "documented: the table of retirements",
            {"model": name},
            Accepted({"model": model}),
            scenario=f"today: {day}\nrules: [reply: Sunny.]",
        )
        for name, model, day in (
            ("claude-3-haiku-20240307", "claude-3-haiku-20240307", "2026-04-18"),
            ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "2026-11-29"),
        )
    ),
    *(
        Pair(
            f"a temperature of {temperature} has the words of its range",
            "recorded: 0xPlaygrounds/rig error_identity_edge/validation_error_carries_identity.yaml",
            {"model": "claude-sonnet-4-6", "temperature": temperature},
            Refused("temperature: range: 0..1"),
            {"anthropic-version": "2023-06-01"},
        )
        for temperature in (-5, 1.5)
    ),
    Pair(
        "no thinking on a model without it",
        "anthropics/claude-code#12914",
        {
            "model": "claude-3-5-haiku-20241022",
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "max_tokens": 2000,
        },
        Refused("'claude-3-5-haiku-20241022' does not support thinking."),
        scenario="rules: [{when: {model: claude-3-5-haiku-20241022}, reply: Sunny.}]",
    ),
    Pair(
        "no prefill on the newer models",
        "recorded: activeagents/activeagent docs/actions/structured_output/anthropic_json.yml",
        {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]},
        Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        ),
    ),
    Pair(
        "no effort xhigh on Sonnet 4.6",
        "recorded: pydantic/pydantic-ai test_anthropic_explicit_effort_xhigh_unsupported_model_errors.yaml",
        {"model": "claude-sonnet-4-6", "output_config": {"effort": "xhigh"}},
        Refused("This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."),
    ),
    Pair(
        "no adaptive thinking on Sonnet 4.5",
        "docker/docker-agent#3362; askalf/dario#273",
        {"model": "claude-sonnet-4-5", "thinking": {"type": "adaptive"}},
        Refused("adaptive thinking is not supported on this model"),
    ),
    Pair(
        "a gateway takes what no evidence refuses",
        "own rule: an assumed check never fires in a gateway",
        {"model": "claude-opus-4-8", "speed": "fast", "top_p": 0.5, "temperature": 0.5, "vendor": "x"},
        Accepted(warning="`top_p` is deprecated for this model."),
        scenario="{validation: gateway, rules: [reply: Sunny.]}",
    ),
    *(
        Pair(
            f"without validation {name} is answered",
            "own rule",
            {"model": name, "temperature": -5, "top_k": 3, "vendor": "x"},
            Accepted({"model": name}),
            scenario="{validation: off, rules: [reply: Sunny.]}",
        )
        for name in ("gpt-5", "claude-haiku-5")
    ),
    *(
        Pair(
            f"the deltas of {model} are {name}",
            "recorded: the median of a text delta is 10 characters, and 80 from Opus 4.8 on",
            {"model": model, "stream": True},
            Accepted({"2.type": "ping", "3.delta.text": "It h", "5.delta.text": text}),
            scenario=RAIN,
        )
        for model, name, text in (
            ("claude-sonnet-4-6", "short", " Bergen si"),
            (
                "claude-opus-4-8",
                "long",
                " Bergen since the early morning, and nobody there is surprised",
            ),
        )
    ),
    Pair(
        "a stream that begins with a tool call has no ping",
        "recorded: 27 of 27 streams; 52 others without a ping are of one recorder",
        {"stream": True, "tools": [{"name": "look", "input_schema": {"type": "object"}}]},
        Accepted({"1.content_block.type": "tool_use", "2.delta.partial_json": "", "3.type": "content_block_stop"}),
        scenario="rules: [reply: {tool_use: look}]",
    ),
    Pair(
        "Opus 4.7 sends an empty delta of omitted thinking",
        "recorded: 4 of 4 streams",
        {"model": "claude-opus-4-7", "stream": True, "thinking": {"type": "adaptive"}},
        Accepted({"3.delta": {"type": "thinking_delta", "thinking": ""}, "4.delta.type": "signature_delta"}),
        scenario="rules: [reply: [thinking: Hm., Sunny.]]",
    ),
    *(
        Pair(
            f"{model} {'shows' if text else 'omits'} the text of thinking with {thinking}",
            "recorded: the display by default of 3.7 to Fable 5; documented: `display`",
            {"model": model, "max_tokens": 2000, "thinking": thinking or ...},
            Accepted({"content.0.type": "thinking", "content.0.thinking": text, "content.1.text": "Sunny."}),
            scenario="rules: [reply: [thinking: Hm., Sunny.]]",
        )
        for model, thinking, text in (
            ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 1024}, "Hm."),
            ("claude-sonnet-4-6", {"type": "adaptive"}, "Hm."),
            ("claude-sonnet-4-6", {"type": "adaptive", "display": "omitted"}, ""),
            ("claude-opus-4-8", {"type": "adaptive"}, ""),
            ("claude-opus-4-8", {"type": "adaptive", "display": "summarized"}, "Hm."),
            ("claude-sonnet-5", None, ""),
        )
    ),
    Pair(
        "a stream has no delta of omitted thinking",
        "recorded: 29 of 29 blocks of Sonnet 5",
        {"stream": True},
        Accepted({"1.content_block.thinking": "", "3.delta.type": "signature_delta", "4.type": "content_block_stop"}),
        scenario="rules: [reply: [thinking: Hm., Sunny.]]",
    ),
    Pair(
        "the usage of a fast request has its speed",
        "the types of anthropics/anthropic-sdk-python",
        {"model": "claude-opus-4-8", "speed": "fast"},
        Accepted({"usage.speed": "fast"}),
        {"anthropic-beta": "fast-mode-2026-02-01"},
    ),
    Pair(
        "the usage of Claude Code lists one iteration",
        "recorded: 25 messages",
        {},
        Accepted(keys={"usage.iterations.0": ITERATION}),
        {"anthropic-beta": "claude-code-20250219"},
    ),
]
