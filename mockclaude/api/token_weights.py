"""The weights of the token estimate: the models before Opus 4.7 share a tokenizer, the later ones another.

Fitted to recorded usage of the API. The unit is a thousandth of a token, so that no sum depends on its order. The
formula of images is exact; a comment marks each supposed value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Scale(NamedTuple):
    """The weights of the parts of a text.

    Attributes:
        word: A run of ASCII letters.
        letter: Each letter of a word beyond the sixth.
        digits: Up to three digits.
        newline: A run of white space with a newline.
        spaces: Two or more spaces before anything else of their run of white space.
        sign: Another ASCII character, except NUL.
        other: A character that is not ASCII.
    """

    word: int
    letter: int
    digits: int
    newline: int
    spaces: int
    sign: int
    other: int


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of one tokenizer.

    Attributes:
        name: The name of the tokenizer.
        text: A text.
        tools: The JSON of a tool.
        format: The JSON of an output format.
        request: A request.
        message: Each message beyond the first.
        system: The presence of a system prompt.
        call: A tool call, and a tool result, besides their texts.
        enabled_thinking: Thinking with a budget.
        output_format: The presence of an output format.
        image: An image, besides its patches.
        long_edge: The pixels to which the long edge of an image is scaled down.
        patches: The patches to which an image is scaled down.
        document: A document that is a text, besides the text.
        citations: The presence of citations.
        character: A character of the text of a PDF, where only its length counts.
        typed_tools: Beginning of the type of a tool -> its tokens.
    """

    name: str
    text: Scale
    tools: Scale
    format: Scale
    request: int
    message: int
    system: int
    call: int
    enabled_thinking: int
    output_format: int
    image: int
    long_edge: int
    patches: int
    document: int
    citations: int
    character: int
    typed_tools: dict[str, int]


OLD = Weights(
    name="old",
    text=Scale(1_040, 47, 1_900, 1_700, 3_900, 760, 3_300),
    tools=Scale(1_070, 0, 870, 0, 0, 670, 670),
    format=Scale(730, 0, 730, 0, 0, 1_300, 1_300),  # digits and other characters are supposed
    request=7_100,
    message=3_000,
    system=800,
    call=27_000,
    enabled_thinking=29_000,
    output_format=67_000,
    image=2_000,
    long_edge=1_568,
    patches=1_568,
    document=36_000,
    citations=535_000,
    character=230,
    typed_tools={
        "web_search_": 1_714_000,
        "web_fetch_": 600_000,  # between 525 beside web_search and 690 alone
        "tool_search_tool_bm25": 285_000,
        "tool_search_tool_regex": 217_000,
        "memory_": 1_075_000,
        "computer_": 1_320_000,
        "advisor_": 620_000,  # supposed
        "mcp_toolset": 73_000,
    },
)
NEW = Weights(
    name="new",
    text=Scale(1_220, 350, 2_400, 1_500, 5_000, 910, 4_200),
    tools=Scale(1_900, 0, 1_200, 0, 0, 1_200, 1_200),
    format=Scale(1_020, 0, 1_020, 0, 0, 1_630, 1_630),  # digits and other characters are supposed
    request=7_800,
    message=2_700,
    system=900,
    call=30_000,
    enabled_thinking=0,
    output_format=100_000,
    image=3_000,
    long_edge=2_576,  # documented, not recorded above 1800 x 1200 pixels
    patches=4_784,
    document=40_000,
    citations=765_000,
    character=300,
    typed_tools={
        "web_search_": 2_230_000,  # supposed: 1.3 times the old
        "web_fetch_": 1_190_000,
        "tool_search_tool_bm25": 440_000,
        "tool_search_tool_regex": 340_000,  # supposed
        "memory_": 1_400_000,  # supposed
        "computer_": 1_700_000,  # supposed
        "advisor_": 800_000,
        "mcp_toolset": 145_000,
    },
)
