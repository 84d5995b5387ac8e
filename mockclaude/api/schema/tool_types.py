"""The tools of a request, in the notation of `notation`.

Source: the SDKs' types (2.12.0, beta namespace). A tool without a type is a custom tool.
"""

TOOLS = """
tool = custom | bash_20250124 | text_editor_20250124 | text_editor_20250429 | text_editor_20250728 | memory_20250818
  | code_execution_20250522 | code_execution_20250825 | code_execution_20260120 | code_execution_20260521
  | web_search_20250305 | web_search_20260209 | web_search_20260318
  | web_fetch_20250910 | web_fetch_20260209 | web_fetch_20260309 | web_fetch_20260318
  | tool_search_regex | tool_search_bm25 | computer_toolset_20260801 | browser_toolset_20260801
  | bash_20241022 @computer_2024 | text_editor_20241022 @computer_2024 | computer_20241022 @computer_2024
  | computer_20250124 @computer_2025 | computer_20251124 @computer_use
  | advisor_20260301 @advisor | mcp_toolset @mcp

any_tool = {allowed_callers?: [allowed_caller] | null, defer_loading?: bool | null, strict?: bool | null, ...cached}
allowed_caller = 'direct' | 'code_execution_20250825' | 'code_execution_20260120' | 'code_execution_20260521'
client_tool = {input_examples?: [object] | null, ...any_tool}

custom = {type?: 'custom' | null, name: str~'^[a-zA-Z0-9_-]{1,128}$'<=128, input_schema: input_schema,
  description?: str | null, eager_input_streaming?: bool | null, ...client_tool}
bash_20250124 = {type: 'bash_20250124', name: 'bash', ...client_tool}
bash_20241022 = {type: 'bash_20241022', name: 'bash', ...client_tool}
text_editor_20241022 = {type: 'text_editor_20241022', name: 'str_replace_editor', ...client_tool}
text_editor_20250124 = {type: 'text_editor_20250124', name: 'str_replace_editor', ...client_tool}
text_editor_20250429 = {type: 'text_editor_20250429', name: 'str_replace_based_edit_tool', ...client_tool}
text_editor_20250728 = {type: 'text_editor_20250728', name: 'str_replace_based_edit_tool',
  max_characters?: int>=1 | null, ...client_tool}
memory_20250818 = {type: 'memory_20250818', name: 'memory', ...client_tool}
screen = {name: 'computer', display_height_px: int>=1, display_width_px: int>=1, display_number?: int | null,
  ...client_tool}
computer_20241022 = {type: 'computer_20241022', ...screen}
computer_20250124 = {type: 'computer_20250124', ...screen}
computer_20251124 = {type: 'computer_20251124', enable_zoom?: bool, ...screen}

code_execution_20250522 = {type: 'code_execution_20250522', name: 'code_execution', ...any_tool}
code_execution_20250825 = {type: 'code_execution_20250825', name: 'code_execution', ...any_tool}
code_execution_20260120 = {type: 'code_execution_20260120', name: 'code_execution', ...any_tool}
code_execution_20260521 = {type: 'code_execution_20260521', name: 'code_execution', ...any_tool}

web_tool = {max_uses?: int>=1 | null, allowed_domains?: [str] | null, blocked_domains?: [str] | null, ...any_tool}
web_search = {name: 'web_search', user_location?: user_location | null, ...web_tool}
user_location = {type: 'approximate', city?: str | null, country?: str | null, region?: str | null,
  timezone?: str | null}
web_search_20250305 = {type: 'web_search_20250305', ...web_search}
web_search_20260209 = {type: 'web_search_20260209', ...web_search}
web_search_20260318 = {type: 'web_search_20260318', response_inclusion?: 'full' | 'excluded', ...web_search}
web_fetch = {name: 'web_fetch', citations?: enabled | null, max_content_tokens?: int>=1 | null,
  url_sources?: url_sources | null, ...web_tool}
url_sources = {client_tool_results?: url_source, server_tool_results?: url_source, user_input?: url_source}
url_source = {type: 'all'} | {type: 'none'} | {type: 'only', tools: [tool_name]} | {type: 'except', tools: [tool_name]}
web_fetch_20250910 = {type: 'web_fetch_20250910', ...web_fetch}
web_fetch_20260209 = {type: 'web_fetch_20260209', ...web_fetch}
web_fetch_20260309 = {type: 'web_fetch_20260309', use_cache?: bool, ...web_fetch}
web_fetch_20260318 =
  {type: 'web_fetch_20260318', use_cache?: bool, response_inclusion?: 'full' | 'excluded', ...web_fetch}
tool_search_regex = {type: 'tool_search_tool_regex_20251119' | 'tool_search_tool_regex',
  name: 'tool_search_tool_regex', ...any_tool}
tool_search_bm25 = {type: 'tool_search_tool_bm25_20251119' | 'tool_search_tool_bm25',
  name: 'tool_search_tool_bm25', ...any_tool}

member = {defer_loading?: bool | null, enabled?: bool | null}
pointer = {type?: member | null, double_click?: member | null, hold_key?: member | null, key?: member | null,
  left_click?: member | null, left_click_drag?: member | null, left_mouse_down?: member | null,
  left_mouse_up?: member | null, middle_click?: member | null, mouse_move?: member | null,
  right_click?: member | null, screenshot?: member | null, scroll?: member | null, triple_click?: member | null,
  wait?: member | null, zoom?: member | null}
computer_toolset_20260801 = {type: 'computer_toolset_20260801', configs?: computer_members | null, ...cached}
computer_members = {cursor_position?: member | null, ...pointer}
browser_toolset_20260801 = {type: 'browser_toolset_20260801', configs?: browser_members | null, ...cached}
browser_members = {close_tab?: member | null, file_upload?: member | null, find?: member | null,
  form_input?: member | null, get_page_text?: member | null, hover?: member | null, javascript_exec?: member | null,
  list_tabs?: member | null, navigate?: member | null, new_tab?: member | null, read_console?: member | null,
  read_network?: member | null, read_page?: member | null, scroll_to?: member | null, switch_tab?: member | null,
  ...pointer}
advisor_20260301 = {type: 'advisor_20260301', name: 'advisor', model: str, max_uses?: int>=1 | null,
  max_tokens?: int>=1 | null, caching?: cache_control | null, ...any_tool}
mcp_toolset = {type: 'mcp_toolset', mcp_server_name: str, default_config?: member, configs?: {str: member} | null,
  tools?: [mcp_tool] | null, ...cached}
"""
