//! How a person laid members and items out: which comments are whose, who stands on a line of its own.
//!
//! A comment on the lines directly above a member, or after it on its line, is the member's. A
//! comment set apart by a blank line is nobody's and stays where it is. All offsets are those of a
//! text that parses.

use super::scan::{Piece, line_indent, piece, skip_space, starts_line};

/// What follows an opening bracket or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct After {
    /// The comma after the value.
    pub(super) comma: Option<usize>,
    /// The end of what belongs to the value: its comma and the comments on the rest of its line.
    pub(super) tail: usize,
    /// Nothing more stands on the line but a closing bracket.
    pub(super) ends_line: bool,
    /// What belongs to the value ends in a line comment.
    pub(super) line_comment: bool,
}

/// What follows the value that ends at `end`.
pub(super) fn after_value(text: &str, end: usize) -> After {
    let mut at = end;
    let comma = loop {
        match piece(text, at) {
            (Piece::Comma, _) => break Some(at),
            (Piece::Other | Piece::Colon, _) => break None,
            (_, next) => at = next,
        }
    };
    After {
        comma,
        ..rest_of_line(text, comma.map_or(end, |comma| comma + 1))
    }
}

/// What follows the bracket that ends at `end`.
pub(super) fn after_bracket(text: &str, end: usize) -> After {
    rest_of_line(text, end)
}

/// Comments from `from` to the end of the line, unless a value follows on the line: then they are its.
fn rest_of_line(text: &str, from: usize) -> After {
    let mut after = After {
        comma: None,
        tail: from,
        ends_line: true,
        line_comment: false,
    };
    let mut at = from;
    loop {
        match piece(text, at) {
            (Piece::Newline, _) => return after,
            (Piece::Space, next) => at = next,
            // A comment that goes on over the line is about what follows.
            (Piece::BlockComment, next) if text[at..next].contains('\n') => {
                after.ends_line = after.tail > from;
                return after;
            }
            (kind @ (Piece::LineComment | Piece::BlockComment), next) => {
                at = next;
                after.tail = next;
                after.line_comment = kind == Piece::LineComment;
            }
            (Piece::Other, _) if matches!(text.as_bytes().get(at), None | Some(b'}' | b']')) => {
                return after;
            }
            (Piece::Comma | Piece::Colon | Piece::Other, _) => {
                after.tail = from;
                after.ends_line = false;
                return after;
            }
        }
    }
}

/// Where the comments that belong to the member at `member` begin, after what ends at `from`.
pub(super) fn lead(text: &str, from: usize, member: usize) -> usize {
    let (mut at, mut lead, mut newlines) = (from, None, 0);
    while at < member {
        let (kind, next) = piece(text, at);
        match kind {
            Piece::Newline => {
                newlines += 1;
                if newlines > 1 {
                    lead = None;
                }
            }
            Piece::LineComment | Piece::BlockComment => {
                lead.get_or_insert(at);
                newlines = 0;
            }
            Piece::Space => {}
            Piece::Comma | Piece::Colon | Piece::Other => break,
        }
        at = next;
    }
    lead.unwrap_or(member)
}

/// One member or item with what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// What precedes it: the bracket, or the sibling before.
    pub(super) before: After,
    /// The first of its comments, or itself.
    pub(super) lead: usize,
    /// The end of its value.
    pub(super) end: usize,
    /// What follows it.
    pub(super) after: After,
    /// It begins its line.
    pub(super) starts_line: bool,
    /// The text before it ends in a line comment: its line must end before anything else follows.
    pub(super) follows_line_comment: bool,
}

impl Slot {
    /// The slot of a member that begins at `member` and ends at `end`.
    pub(super) fn new(text: &str, before: After, member: usize, end: usize) -> Self {
        let lead = lead(text, before.tail, member);
        let mut follows_line_comment = before.line_comment;
        let mut at = before.tail;
        while at < lead {
            let (kind, next) = piece(text, at);
            if kind.is_comment() {
                follows_line_comment = kind == Piece::LineComment;
            }
            at = next.max(at + 1);
        }
        Self {
            before,
            follows_line_comment,
            lead,
            end,
            after: after_value(text, end),
            starts_line: starts_line(text, lead),
        }
    }

    /// What to cut so that it is gone with its comma and comments.
    pub(super) fn cut(&self, text: &str, first: bool) -> std::ops::Range<usize> {
        if self.starts_line && self.after.ends_line {
            let line = text[..self.lead].trim_end_matches([' ', '\t']);
            let after = skip_space(text, self.after.tail);
            if self.follows_line_comment && piece(text, after).0 != Piece::Newline {
                return line.len()..self.after.tail;
            }
            let line = line.strip_suffix('\n').unwrap_or(line);
            let start = line.strip_suffix('\r').unwrap_or(line).len();
            return start..self.after.tail;
        }
        if first || self.starts_line {
            let end = match self.after.comma {
                Some(comma) if self.after.tail == comma + 1 => skip_space(text, comma + 1),
                _ => self.after.tail,
            };
            let start = if piece(text, end).0 == Piece::Newline && !self.starts_line {
                text[..self.lead].trim_end_matches([' ', '\t']).len()
            } else {
                self.lead
            };
            return start.max(self.before.tail)..end;
        }
        match (self.after.comma, self.before.comma) {
            (None, Some(comma)) => comma..self.after.tail,
            _ => self.before.tail..self.after.tail,
        }
    }
}

/// Gives a value's text another indentation from its second line on: that of its last line (the
/// closing bracket's) becomes `indent`.
pub(super) fn reindent(value: &str, indent: &str, newline: &str) -> String {
    if !value.contains('\n') {
        return value.to_owned();
    }
    let base = line_indent(value, value.len());
    let mut out = String::with_capacity(value.len() + indent.len() * 8);
    for (number, line) in value.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if number == 0 {
            out.push_str(line);
            continue;
        }
        out.push_str(newline);
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        let rest = line
            .strip_prefix(base)
            .unwrap_or(&line[own.min(base.len())..]);
        if !rest.is_empty() {
            out.push_str(indent);
            out.push_str(rest);
        }
    }
    out
}
