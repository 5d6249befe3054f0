//! Comments as Markdown: the part of CommonMark that comments of proto files use. Pure.
//!
//! Headings, paragraphs, lists, quotes, code, emphasis and links; `[Book][lib.v1.Book]`, as Google's files
//! write it, and a name in backticks are links to symbols where the schema has them. HTML and pictures stay
//! text: a schema comes from anywhere, and nothing of it is loaded.

/// A piece of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// What is shown.
    pub text: String,
    /// Semi-bold.
    pub strong: bool,
    /// Slanted.
    pub emphasis: bool,
    /// Monospace.
    pub code: bool,
    /// Where it leads.
    pub link: Option<Link>,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// An address: `http:` or `https:`, nothing else.
    Web(String),
    /// A symbol of the schema, by its full name.
    Symbol(String),
}

/// A block, with the levels of lists and quotes around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Levels it is indented by.
    pub indent: usize,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading.
    Heading(Vec<Run>),
    /// A paragraph.
    Paragraph(Vec<Run>),
    /// The first paragraph of a list's item, with its mark: `•` or `1.`.
    Item(String, Vec<Run>),
    /// A quoted paragraph.
    Quote(Vec<Run>),
    /// Lines as they are.
    Code(String),
    /// A line across.
    Rule,
}

/// Finds the full name of a symbol by what a comment calls it.
pub(super) type Resolve<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Lists nested deeper than this are drawn at this depth.
const MAX_INDENT: usize = 6;

/// Reads a comment.
pub fn parse_markdown(text: &str, resolve: &Resolve<'_>) -> Vec<Block> {
    let mut reader = Reader {
        resolve,
        blocks: Vec::new(),
        items: Vec::new(),
        open: None,
    };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(fence) = fence_of(line) {
            reader.end();
            let closes = |line: &str| fence_of(line).is_some_and(|it| it.starts_with(fence));
            let code: Vec<&str> = lines.by_ref().take_while(|line| !closes(line)).collect();
            reader.code(&code);
        } else if reader.open.is_none() && reader.is_indented_code(line) {
            let mut code = vec![line];
            while let Some(next) =
                lines.next_if(|next| next.trim().is_empty() || reader.is_indented_code(next))
            {
                code.push(next);
            }
            while code.last().is_some_and(|line| line.trim().is_empty()) {
                code.pop();
            }
            reader.code(&code);
        } else if is_table_row(line) {
            reader.end();
            let mut rows = vec![line];
            while let Some(next) = lines.next_if(|next| is_table_row(next)) {
                rows.push(next);
            }
            reader.code(&rows);
        } else {
            reader.line(line);
        }
    }
    reader.end();
    reader.blocks
}

struct Reader<'a> {
    resolve: &'a Resolve<'a>,
    blocks: Vec<Block>,
    /// Columns at which the text of the open items begins.
    items: Vec<usize>,
    /// The block being gathered: its kind with no runs yet, its indent, its text.
    open: Option<(BlockKind, usize, String)>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        let column = line.len() - line.trim_start().len();
        if text.is_empty() {
            self.end();
            return;
        }
        if let Some((mark, rest)) = item_of(text) {
            self.end();
            self.leave(column);
            let indent = self.items.len().min(MAX_INDENT);
            self.items.push(column + text.len() - rest.len());
            self.open = Some((BlockKind::Item(mark, Vec::new()), indent, rest.to_owned()));
            return;
        }
        if is_rule(text) && self.open.is_none() {
            self.add(BlockKind::Rule, 0);
            return;
        }
        if let Some(heading) = heading_of(text) {
            self.end();
            self.items.clear();
            self.add(BlockKind::Heading(self.runs(heading)), 0);
            return;
        }
        if let Some(quoted) = text.strip_prefix('>') {
            let quoted = quoted.trim_start();
            if !matches!(self.open, Some((BlockKind::Quote(_), ..))) {
                self.end();
                let indent = self.items.len().min(MAX_INDENT);
                self.open = Some((BlockKind::Quote(Vec::new()), indent, quoted.to_owned()));
                return;
            }
            self.go_on(quoted);
            return;
        }
        if self.open.is_none() {
            self.leave(column + 1);
            let indent = self.items.len().min(MAX_INDENT);
            self.open = Some((BlockKind::Paragraph(Vec::new()), indent, text.to_owned()));
            return;
        }
        self.go_on(text);
    }

    fn go_on(&mut self, text: &str) {
        if let Some((_, _, gathered)) = &mut self.open {
            gathered.push(' ');
            gathered.push_str(text);
        }
    }

    /// Leaves the items whose text begins behind a column.
    fn leave(&mut self, column: usize) {
        while self.items.last().is_some_and(|item| *item > column) {
            self.items.pop();
        }
    }

    fn is_indented_code(&self, line: &str) -> bool {
        let inside = self.items.last().copied().unwrap_or(0);
        let column = line.len() - line.trim_start_matches(' ').len();
        column >= inside + 4 && !line.trim().is_empty() && item_of(line.trim()).is_none()
    }

    fn code(&mut self, lines: &[&str]) {
        let filled = lines.iter().filter(|line| !line.trim().is_empty());
        let columns = filled.map(|line| line.len() - line.trim_start_matches(' ').len());
        let column = columns.min().unwrap_or(0);
        let lines: Vec<&str> = lines
            .iter()
            .map(|line| line.get(column..).unwrap_or_default())
            .collect();
        self.add(BlockKind::Code(lines.join("\n")), self.items.len());
    }

    fn add(&mut self, kind: BlockKind, indent: usize) {
        let indent = indent.min(MAX_INDENT);
        self.blocks.push(Block { kind, indent });
    }

    /// Ends the block being gathered.
    fn end(&mut self) {
        let Some((kind, indent, text)) = self.open.take() else {
            return;
        };
        let runs = self.runs(&text);
        let kind = match kind {
            BlockKind::Item(mark, _) => BlockKind::Item(mark, runs),
            BlockKind::Quote(_) => BlockKind::Quote(runs),
            _ => BlockKind::Paragraph(runs),
        };
        self.add(kind, indent);
    }

    fn runs(&self, text: &str) -> Vec<Run> {
        let mut inline = Inline {
            resolve: self.resolve,
            style: Run::default(),
            runs: Vec::new(),
        };
        inline.read(text);
        inline.runs
    }
}

fn fence_of(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let mark = text
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let length = text.len() - text.trim_start_matches(mark).len();
    // Three at least; what follows must not close it, or it is code within a line.
    let rest = text.get(length..).unwrap_or_default();
    (length >= 3 && !rest.contains('`')).then(|| text.get(..length))?
}

fn is_table_row(line: &str) -> bool {
    let text = line.trim();
    text.len() > 1 && text.starts_with('|') && text.ends_with('|')
}

fn is_rule(text: &str) -> bool {
    let mark = text.chars().next().unwrap_or(' ');
    matches!(mark, '-' | '*' | '_')
        && text.chars().all(|letter| letter == mark || letter == ' ')
        && text.matches(mark).count() >= 3
}

fn heading_of(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    let title = rest.strip_prefix(' ')?;
    (1..=6)
        .contains(&level)
        .then(|| title.trim_end_matches(['#', ' ']))
}

/// The mark of a list's item and its text.
fn item_of(text: &str) -> Option<(String, &str)> {
    if is_rule(text) {
        return None;
    }
    if let Some(rest) = text.strip_prefix(['-', '*', '+', '•']) {
        let rest = rest.strip_prefix(' ')?;
        return Some(("•".to_owned(), rest.trim_start()));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = text.get(digits..)?.strip_prefix(['.', ')'])?;
    let rest = rest.strip_prefix(' ')?;
    (1..=4)
        .contains(&digits)
        .then(|| (format!("{}.", &text[..digits]), rest.trim_start()))
}

struct Inline<'a> {
    resolve: &'a Resolve<'a>,
    style: Run,
    runs: Vec<Run>,
}

impl Inline<'_> {
    fn read(&mut self, text: &str) {
        let mut rest = text;
        let mut before = ' ';
        while let Some(letter) = rest.chars().next() {
            let length = self.part(rest, letter, before);
            let (read, after) = rest.split_at(length);
            before = read.chars().next_back().unwrap_or(before);
            rest = after;
        }
    }

    /// Reads one part; gives its length.
    fn part(&mut self, rest: &str, letter: char, before: char) -> usize {
        let taken = match letter {
            '\\' => self.escaped(rest),
            '`' => self.code(rest),
            '[' => self.bracket(rest),
            '<' => self.pointed(rest),
            'h' if !before.is_alphanumeric() => self.bare(rest),
            '*' => self.mark(rest, letter, before),
            '_' if !before.is_alphanumeric() || self.style.emphasis || self.style.strong => {
                self.mark(rest, letter, before)
            }
            _ => None,
        };
        taken.unwrap_or_else(|| {
            self.push(&letter.to_string());
            letter.len_utf8()
        })
    }

    fn push(&mut self, text: &str) {
        self.push_run(Run {
            text: text.to_owned(),
            ..self.style.clone()
        });
    }

    fn push_run(&mut self, run: Run) {
        match self.runs.last_mut() {
            Some(last)
                if (last.strong, last.emphasis, last.code, &last.link)
                    == (run.strong, run.emphasis, run.code, &run.link) =>
            {
                last.text.push_str(&run.text);
            }
            _ => self.runs.push(run),
        }
    }

    fn escaped(&mut self, rest: &str) -> Option<usize> {
        let next = rest.get(1..)?.chars().next()?;
        next.is_ascii_punctuation().then(|| {
            self.push(&next.to_string());
            2
        })
    }

    fn code(&mut self, rest: &str) -> Option<usize> {
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let mark = rest.get(..ticks)?;
        let inner = rest.get(ticks..)?;
        let end = inner.find(mark)?;
        let text = inner.get(..end)?.trim();
        self.push_run(Run {
            text: text.to_owned(),
            code: true,
            link: self.symbol(text),
            ..self.style.clone()
        });
        Some(ticks + end + ticks)
    }

    fn symbol(&self, name: &str) -> Option<Link> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        (self.resolve)(name.trim_start_matches('.')).map(Link::Symbol)
    }

    /// `[text](address)`, `[text][name]`, `[name][]`, `[name]`.
    fn bracket(&mut self, rest: &str) -> Option<usize> {
        let end = closing(rest, '[', ']')?;
        let text = rest.get(1..end)?;
        let after = rest.get(end + 1..)?;
        let (link, length) = if after.starts_with('(') {
            let close = closing(after, '(', ')')?;
            let address = after.get(1..close)?.split_whitespace().next().unwrap_or("");
            (web(address).or_else(|| self.symbol(address)), close + 1)
        } else if after.starts_with('[') {
            let close = closing(after, '[', ']')?;
            let name = match after.get(1..close)? {
                "" => text,
                name => name,
            };
            (self.symbol(name.trim_matches('`')), close + 1)
        } else {
            (Some(self.symbol(text.trim_matches('`'))?), 0)
        };
        let code = text.len() > 2 && text.starts_with('`') && text.ends_with('`');
        self.push_run(Run {
            text: text.trim_matches('`').replace(['*', '\\'], ""),
            code: code || self.style.code,
            link,
            ..self.style.clone()
        });
        Some(end + 1 + length)
    }

    /// `<https://…>`.
    fn pointed(&mut self, rest: &str) -> Option<usize> {
        let end = rest.find('>')?;
        let address = rest.get(1..end)?;
        let link = web(address)?;
        self.push_run(Run {
            text: address.to_owned(),
            link: Some(link),
            ..self.style.clone()
        });
        Some(end + 1)
    }

    /// `https://…` as it stands in a sentence.
    fn bare(&mut self, rest: &str) -> Option<usize> {
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | ']'));
        let address = rest.get(..end.unwrap_or(rest.len()))?;
        let opened = address.contains('(');
        let address = address.trim_end_matches(|c| {
            matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '*' | '\'') || (c == ')' && !opened)
        });
        let link = web(address)?;
        self.push_run(Run {
            text: address.to_owned(),
            link: Some(link),
            ..self.style.clone()
        });
        Some(address.len())
    }

    /// Begins or ends emphasis; a mark without its other half is text.
    fn mark(&mut self, rest: &str, mark: char, before: char) -> Option<usize> {
        let double: String = [mark, mark].iter().collect();
        let (token, is_on) = match rest.starts_with(&double) {
            true => (double.as_str(), self.style.strong),
            false => (&double[..1], self.style.emphasis),
        };
        let after = rest.get(token.len()..)?;
        let next = after.chars().next().unwrap_or(' ');
        if is_on {
            if before.is_whitespace() || (mark == '_' && next.is_alphanumeric()) {
                return None;
            }
        } else {
            let closes = after.match_indices(token).any(|(at, _)| {
                let inner = after.get(..at).unwrap_or_default();
                at > 0 && !inner.ends_with(char::is_whitespace)
            });
            if next.is_whitespace() || !closes {
                return None;
            }
        }
        match token.len() {
            2 => self.style.strong = !is_on,
            _ => self.style.emphasis = !is_on,
        }
        Some(token.len())
    }
}

/// The byte of the bracket that closes the first one.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// An address that may be opened: no scheme but these, since others start programs.
fn web(address: &str) -> Option<Link> {
    let lower = address.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))?;
    let plain = !address.chars().any(|c| c.is_control() || c.is_whitespace());
    (plain && !rest.is_empty()).then(|| Link::Web(address.to_owned()))
}

#[cfg(test)]
mod tests;
