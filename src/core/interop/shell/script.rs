//! Tokens of any shell to simple commands: words, and what comes through standard input.

use super::{Token, Word};

/// A command with its words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Simple {
    /// The program and its arguments.
    pub(in super::super) words: Vec<Word>,
    /// What it reads.
    pub(in super::super) input: Option<Input>,
}

/// What a command reads from standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Input {
    /// This text.
    Text(Word),
    /// What is in a file.
    File(String),
    /// What a command prints.
    Program(String),
}

/// Groups tokens. Where output goes is of no interest.
pub(super) fn commands(tokens: Vec<Token>) -> Vec<Simple> {
    let mut done = Vec::new();
    let mut now = Simple::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => now.words.push(word),
            Token::FromText(word) => now.input = Some(Input::Text(word)),
            Token::FromFile | Token::ToFile => {
                let Some(Token::Word(file)) = tokens.next_if(|t| matches!(t, Token::Word(_)))
                else {
                    continue;
                };
                if token == Token::FromFile {
                    now.input = Some(Input::File(file.text));
                }
            }
            Token::Pipe => {
                let input = output(&std::mem::take(&mut now));
                now.input = input;
            }
            Token::End => {
                let command = std::mem::take(&mut now);
                if !command.words.is_empty() {
                    done.push(command);
                }
            }
        }
    }
    if !now.words.is_empty() {
        done.push(now);
    }
    done
}

/// What a command prints, where that is plain to see.
fn output(command: &Simple) -> Option<Input> {
    let first = command.words.first()?;
    let rest = command.words.get(1..).unwrap_or_default();
    let words = |from: &[Word]| {
        let texts: Vec<_> = from.iter().map(|word| word.text.as_str()).collect();
        Word {
            text: texts.join(" "),
            variables: from.iter().flat_map(|w| w.variables.clone()).collect(),
            open: from.iter().any(|word| word.open),
        }
    };
    let operands = || {
        let is_option = |word: &&Word| word.text.len() > 1 && word.text.starts_with('-');
        rest.iter()
            .skip_while(is_option)
            .cloned()
            .collect::<Vec<_>>()
    };
    match first.text.to_ascii_lowercase().as_str() {
        "echo" | "write-output" => Some(Input::Text(words(&operands()))),
        "printf" => {
            let operands = operands();
            // The format itself is the text where nothing is put into it.
            let from = usize::from(operands.len() > 1);
            Some(Input::Text(words(operands.get(from..).unwrap_or_default())))
        }
        "cat" | "type" | "get-content" | "gc" => match operands().as_slice() {
            [] => command.input.clone(),
            [file] => Some(Input::File(file.text.clone())),
            _ => Some(Input::Program(words(&command.words).text)),
        },
        // PowerShell: a string on its own is what the next command reads.
        _ if rest.is_empty() && !looks_like_program(&first.text) => {
            Some(Input::Text(first.clone()))
        }
        _ => Some(Input::Program(words(&command.words).text)),
    }
}

fn looks_like_program(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./\\:".contains(c);
    !text.is_empty() && text.len() < 200 && text.chars().all(letters)
}
