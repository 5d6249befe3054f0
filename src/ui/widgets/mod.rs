//! Our own widgets. They know tokens, text and values, but nothing of the program's state.
//!
//! Every widget has an accessible name, shows a ring when it has the keyboard, and fades its hover.
//! Those that change nothing by themselves return what the person did.

mod badge;
mod button;
mod calendar;
mod card_list;
mod check;
mod code_editor;
mod escape;
mod field;
mod json_field;
mod json_syntax;
mod markdown;
mod markdown_text;
mod paint;
mod pair_table;
mod pane;
mod picker;
mod prepared_row;
mod prose;
mod row_scroll;
mod splitter;
mod tabs;
mod template_aid;
mod text_lines;
mod text_viewer;
mod toast;
mod tree_row;

pub use badge::{Chip, call_badge, call_kind_name, call_kind_tone, count_badge};
pub use button::{ButtonStyle, IconButton, PushButton};
pub use calendar::{CALENDAR_WIDTH, Calendar};
pub use card_list::CardList;
pub use check::{Check, Switch};
pub(in crate::ui) use code_editor::Scroll;
pub use code_editor::{CodeEditor, CodeEditorState};
pub use escape::takes_escape;
pub(in crate::ui) use escape::{keep_escape_for_view, keep_escape_from, take_escape};
pub use field::TextField;
pub use json_field::JsonField;
pub use json_syntax::{Span, Token, json_line, line_job, tokens, value_job};
pub use markdown::markdown_ui;
pub use markdown_text::{Block, BlockKind, Link, Run, parse_markdown};
pub use paint::{app_mark, elided, focus_ring, hover_fade, line_text};
pub use pair_table::{Pair, PairParts, PairTable};
pub use pane::{EmptyPane, FailureCard, loading_pane, section_label};
pub use picker::{Picker, PickerItem, ranked};
pub use prepared_row::{PREPARED_ROW_HEIGHT, PreparedRow};
pub use prose::{elided_prose, prose, prose_job, prose_with};
pub use row_scroll::{RowScroll, SCROLL_BAR_WIDTH};
pub use splitter::{Axis, Splitter};
pub use tabs::{DocumentTab, DocumentTabOutput, Segmented, Tab, Tabs};
pub use template_aid::{
    AidOutput, TemplateAid, Variables, aided, completes_template, define_ui,
    forget_template_values, template_help_ui, template_value_ui,
};
pub use text_lines::TextLines;
pub use text_viewer::TextViewer;
pub use toast::{Toast, ToastEvent, toasts_ui};
pub use tree_row::{RenameEnd, TreeRow, TreeRowOutput};
