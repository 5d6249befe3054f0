//! Command lines of three shells: what stands in them as words, and words as they must be written.
//!
//! Reading is generous: a line may carry a prompt, stand in a fence of Markdown, or end inside a
//! quote. Nothing is run and nothing is looked up: a variable or a substitution stays as written and
//! is named, so that the person can put a value in its place. Writing is exact: what a shell makes of
//! a quoted word is that word, byte for byte.
//! Sources: POSIX.1-2024 XCU 2 "Shell Command Language" and the Bash manual; `about_Parsing` and
//! `about_Quoting_Rules` of PowerShell; `cmd /?` and the rules for arguments of Microsoft's C runtime.

mod bash;
mod cmd;
mod powershell;
mod script;
#[cfg(test)]
mod tests;
mod write;

#[cfg(test)]
pub(super) use self::tests::HARD;

use std::borrow::Cow;

pub(super) use self::{
    script::{Input, Simple},
    write::Writer,
};

/// A shell whose quoting is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shell {
    /// sh, bash, zsh and their kin.
    Bash,
    /// PowerShell, on every system.
    PowerShell,
    /// The command prompt of Windows.
    Cmd,
}

impl Shell {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Bash, Self::PowerShell, Self::Cmd];

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::PowerShell => "PowerShell",
            Self::Cmd => "cmd",
        }
    }

    /// Reads a text as this shell would, up to what only running it can tell.
    pub(super) fn read(self, text: &str) -> Vec<Simple> {
        let text = plain(text);
        let tokens = match self {
            Self::Bash => bash::tokens(&text),
            Self::PowerShell => powershell::tokens(&text),
            Self::Cmd => cmd::tokens(&text),
        };
        script::commands(tokens)
    }
}

/// A word as a program is handed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    /// Its text; variables stand in it as written.
    pub(super) text: String,
    /// What the shell would have replaced, as written: `$TOKEN`, `%TOKEN%`, `$(…)`.
    pub(super) variables: Vec<String>,
    /// A quote that opened it was never closed.
    pub(super) open: bool,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `|`
    Pipe,
    /// `;`, `&&`, `||`, `&` or the end of a line.
    End,
    /// `<`, before the name of a file.
    FromFile,
    /// `>` and its kin, before the name of a file.
    ToFile,
    /// Text for standard input: a here-document or here-string.
    FromText(Word),
}

/// The shell that a text is most likely written for: by its continued lines, prompts and quoting.
pub(super) fn shell_of(text: &str) -> Shell {
    let text = text.trim();
    let ends_with = |mark: char| {
        let mut lines = text.lines();
        lines.any(|line| line.trim_end().ends_with(mark))
    };
    let first = text.lines().next().unwrap_or_default();
    for (mark, shell) in [
        ('`', Shell::PowerShell),
        ('^', Shell::Cmd),
        ('\\', Shell::Bash),
    ] {
        if ends_with(mark) {
            return shell;
        }
    }
    if text.starts_with("PS ") && first.contains('>')
        || text.contains("$env:")
        || text.contains("${env:")
        || text.starts_with("@'")
        || text.starts_with("@\"")
        || (text.starts_with(['\'', '"']) && text.contains("| "))
        || doubled_quotes(text)
    {
        return Shell::PowerShell;
    }
    let drive = first.as_bytes().get(1..3) == Some(b":\\");
    let quoted = text.contains('\'');
    if drive && first.contains('>') || text.contains("^\"") || percent(text) && !quoted {
        return Shell::Cmd;
    }
    // One argument in double quotes with `\"` in it is the same to bash and cmd.
    Shell::Bash
}

/// `'…''…'`: a quote in a quoted text of PowerShell. Bash would leave it out, so nobody writes it there.
fn doubled_quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).any(|four| {
        // A letter on both sides: no empty argument, and no end of one word beside another's begin.
        four[1] == b'\''
            && four[2] == b'\''
            && four[0].is_ascii_alphanumeric()
            && four[3].is_ascii_alphanumeric()
    })
}

/// `%NAME%`
fn percent(text: &str) -> bool {
    text.match_indices('%')
        .any(|(at, _)| cmd::variable(&text[at..]).is_some())
}

/// The text without a fence of Markdown and without prompts.
fn plain(text: &str) -> Cow<'_, str> {
    let mut text = text.trim();
    if let Some(inside) = text.strip_prefix("```") {
        let body = inside.split_once('\n').map_or("", |(_, body)| body);
        text = body.trim_end().strip_suffix("```").unwrap_or(body).trim();
    }
    let Some(rest) = after_prompt(text) else {
        return Cow::Borrowed(text);
    };
    // With a prompt on its first line, further lines have one, too.
    let mut out = String::with_capacity(rest.len());
    for (number, line) in rest.split('\n').enumerate() {
        let trimmed = line.trim_start();
        let continued = ["> ", ">> ", "More? "]
            .iter()
            .find_map(|prompt| trimmed.strip_prefix(prompt))
            .filter(|_| number > 0);
        if number > 0 {
            out.push('\n');
        }
        out.push_str(continued.unwrap_or(line));
    }
    Cow::Owned(out)
}

/// What follows `$ `, `# `, `% `, `PS C:\>` or `C:\>`.
fn after_prompt(text: &str) -> Option<&str> {
    for mark in ["$ ", "# ", "% ", "> ", "❯ ", "➜ "] {
        if let Some(rest) = text.strip_prefix(mark) {
            return Some(rest.trim_start());
        }
    }
    let first = text.lines().next()?;
    let windows = first.starts_with("PS ") || first.as_bytes().get(1..3) == Some(b":\\");
    let end = first.find('>').filter(|_| windows)?;
    // `C:\tools\grpcurl.exe … > file` has a space before it.
    let path = &first[..end];
    let is_path = path.starts_with("PS ") || !path.contains(' ');
    is_path.then(|| text[end + 1..].trim_start())
}
