//! Command lines of gRPC tools to requests: finds the program in the text and hands its arguments on.

use super::{
    buf_curl, grpcurl,
    import::{CommandProblem, Import, Note, Program},
    shell::{Input, Shell, Simple, Word, shell_of},
    stubless,
};
use crate::message::Document;

/// Longest text that is looked at for a command: what fits no command line cannot be one, but for what
/// is read from a here-document.
const MAX_TEXT: usize = 64 << 20;
/// Words looked at for the program: environment, `docker run …`, `kubectl exec …` come before it.
const BEFORE: usize = 64;

/// A command line read, by one shell's rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Whose quoting it is.
    pub shell: Shell,
    /// The program.
    pub program: Program,
    /// The request, or why there is none.
    pub result: Result<Import, CommandProblem>,
}

/// Whether a text looks like a command of a tool that is known, cheaply: for what was just pasted into a
/// field of one line.
pub fn looks_like_command(text: &str) -> Option<Program> {
    let head: String = text.chars().take(4096).collect();
    let mut words = head.split(|c: char| c.is_whitespace() || c == '\'' || c == '"');
    let mut before = "";
    words.find_map(|word| {
        let program = match program_name(word) {
            "grpcurl" => Some(Program::Grpcurl),
            "call" if program_name(before) == "stubless" => Some(Program::Stubless),
            "curl" if program_name(before) == "buf" => Some(Program::BufCurl),
            _ => None,
        };
        before = word;
        program.filter(|_| head.split_whitespace().nth(1).is_some())
    })
}

/// Reads a text as a command line. The shell is found by its marks; where the text makes no sense by
/// its rules, the others are tried. `None` when no known program is called.
pub fn read_command(text: &str) -> Option<Command> {
    if text.len() > MAX_TEXT {
        return None;
    }
    looks_like_command(text).or_else(|| later(text))?;
    let first = shell_of(text);
    let others = Shell::ALL.into_iter().filter(|shell| *shell != first);
    let mut best: Option<(u32, Command)> = None;
    for shell in std::iter::once(first).chain(others) {
        let Some(command) = read_as(shell, text) else {
            continue;
        };
        let faults = faults(&command);
        if best.as_ref().is_none_or(|(least, _)| faults < *least) {
            let clean = faults == 0;
            best = Some((faults, command));
            if clean {
                break;
            }
        }
    }
    best.map(|(_, command)| command)
}

/// A body may come before the program, through a pipe: `'{…}' | grpcurl …`.
fn later(text: &str) -> Option<Program> {
    let (_, after) = text.rsplit_once('|')?;
    looks_like_command(after)
}

/// Reads a text by one shell's rules.
pub(super) fn read_as(shell: Shell, text: &str) -> Option<Command> {
    let commands = shell.read(text);
    let mut found = commands.iter().filter_map(|command| {
        let (at, program, arguments) = program_in(command)?;
        Some((command, at, program, arguments))
    });
    let (command, at, program, from) = found.next()?;
    let more = found.count();
    let arguments = command.words.get(from..).unwrap_or_default();
    let input = command.input.as_ref();
    let mut result = match program {
        Program::Grpcurl => grpcurl::read(arguments, input),
        Program::Stubless => stubless::read(arguments, input),
        Program::BufCurl => buf_curl::read(arguments, input),
    };
    if let Ok(import) = &mut result {
        note_before(&command.words[..at], import);
        if more > 0 {
            import.notes.push(Note::lost(format!(
                "There are {} commands in the text: the first one is taken",
                more + 1
            )));
        }
    }
    Some(Command {
        shell,
        program,
        result,
    })
}

/// Where the program stands in a command, which it is, and where its arguments begin.
fn program_in(command: &Simple) -> Option<(usize, Program, usize)> {
    let name = |at: usize| command.words.get(at).map(|word| program_name(&word.text));
    let words = command.words.len().min(BEFORE);
    (0..words).find_map(|at| match (name(at)?, name(at + 1)) {
        ("grpcurl", _) => Some((at, Program::Grpcurl, at + 1)),
        ("stubless", Some("call")) => Some((at, Program::Stubless, at + 2)),
        ("buf", Some("curl")) => Some((at, Program::BufCurl, at + 2)),
        _ => None,
    })
}

/// `C:\tools\grpcurl.exe` and `fullstorydev/grpcurl:latest` are `grpcurl`.
fn program_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.split(':').next().unwrap_or(name);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// What stands before the program and changes what it sees.
fn note_before(words: &[Word], import: &mut Import) {
    let assigned = |text: &str| {
        text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    let rest: Vec<&str> = words
        .iter()
        .map(|word| word.text.as_str())
        .filter(|text| !assigned(text) && !matches!(*text, "sudo" | "time" | "exec" | "command"))
        .collect();
    if let Some(first) = rest.first() {
        import.notes.push(Note::lost(format!(
            "`{first} …` before the command is left out: paths and hosts may be others from here"
        )));
    }
}

/// How badly a text fits a shell's rules.
fn faults(command: &Command) -> u32 {
    let Ok(import) = &command.result else {
        return 100;
    };
    let open = import
        .notes
        .iter()
        .any(|note| note.text.contains("never closed"));
    let unread = import.text_format.is_none()
        && import.request.messages.iter().any(|message| {
            let document = Document::new(message.0.as_str());
            document.syntax_error().is_some()
        });
    10 * u32::from(open) + 5 * u32::from(unread)
}

/// The text that a command reads from standard input; a note where it is not in the command.
pub(super) fn input_text(input: Option<&Input>, notes: &mut Vec<Note>) -> Option<Word> {
    let told = match input {
        Some(Input::Text(word)) => return Some(word.clone()),
        Some(Input::File(file)) => {
            format!("The messages come from the file `{file}`: open it and paste what is in it")
        }
        Some(Input::Program(program)) => {
            format!("The messages are what `{program}` prints: run it and paste that")
        }
        None => "The messages come from standard input, which is not in the command".to_owned(),
    };
    notes.push(Note::lost(told));
    None
}
