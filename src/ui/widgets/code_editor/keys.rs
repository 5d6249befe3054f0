//! Which key does what: as in the editors people know, on a Mac with its own keys.

use egui::{Key, Modifiers};

use super::motion::Motion;

/// What a key asks of the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Moves the cursor; the flag keeps where the selection began.
    Go(Motion, bool),
    /// Takes out up to where a motion leads, or what is selected.
    Delete(Motion),
    Newline,
    /// A new line below this one.
    LineBelow,
    Indent,
    Outdent,
    Comment,
    /// Moves lines; `true` is up.
    MoveLines(bool),
    /// Doubles lines; `true` is up.
    Duplicate(bool),
    DeleteLines,
    SelectAll,
    SelectLine,
    Undo,
    Redo,
    Fold,
    Unfold,
    UnfoldAll,
    OtherBracket,
    Find,
    Replace,
    /// To the next match; `true` is back.
    NextMatch(bool),
    /// To the next problem; `true` is back.
    NextProblem(bool),
    Fix,
    Complete,
}

/// The command of a key; `page` is the rows of a page.
pub(super) fn command(key: Key, held: Modifiers, mac: bool, page: usize) -> Option<Command> {
    use Command as C;
    // Ctrl is Command on a Mac, and egui's tests press only the logical one. With Alt it is AltGr, which
    // types letters on many keyboards.
    let ctrl = (held.command || (held.ctrl && !mac)) && !held.alt;
    let shift = held.shift;
    if let Some(motion) = motion(key, held, mac, page) {
        return Some(C::Go(motion, shift));
    }
    let word = if mac { held.alt } else { ctrl };
    Some(match key {
        Key::Backspace if mac && held.mac_cmd => C::Delete(Motion::RowStart),
        Key::Backspace if word => C::Delete(Motion::WordLeft),
        Key::Backspace => C::Delete(Motion::Left),
        Key::Delete if mac && held.mac_cmd => C::Delete(Motion::LineEnd),
        Key::Delete if word => C::Delete(Motion::WordRight),
        Key::Delete if !shift => C::Delete(Motion::Right),
        Key::H if mac && held.ctrl => C::Delete(Motion::Left),
        Key::K if mac && held.ctrl => C::Delete(Motion::LineEnd),
        Key::Enter if ctrl => C::LineBelow,
        Key::Enter => C::Newline,
        Key::Tab if ctrl => return None,
        Key::Tab if shift => C::Outdent,
        Key::Tab => C::Indent,
        Key::ArrowUp if held.alt && shift => C::Duplicate(true),
        Key::ArrowDown if held.alt && shift => C::Duplicate(false),
        Key::ArrowUp if held.alt => C::MoveLines(true),
        Key::ArrowDown if held.alt => C::MoveLines(false),
        Key::Slash if ctrl => C::Comment,
        Key::K if ctrl && shift => C::DeleteLines,
        Key::A if ctrl => C::SelectAll,
        Key::L if ctrl => C::SelectLine,
        Key::Z if ctrl && shift => C::Redo,
        Key::Y if ctrl => C::Redo,
        Key::Z if ctrl => C::Undo,
        // With Shift some keyboards give the braces.
        Key::OpenBracket | Key::OpenCurlyBracket if ctrl && shift => C::Fold,
        Key::CloseBracket | Key::CloseCurlyBracket if ctrl && shift => C::Unfold,
        Key::J if ctrl && shift => C::UnfoldAll,
        Key::Backslash | Key::Pipe if ctrl && shift => C::OtherBracket,
        Key::F if ctrl && !shift => C::Find,
        Key::F if mac && held.alt && held.mac_cmd => C::Replace,
        Key::H if ctrl => C::Replace,
        Key::F3 => C::NextMatch(shift),
        Key::F8 => C::NextProblem(shift),
        Key::Period if ctrl => C::Fix,
        Key::Space if ctrl || (mac && held.ctrl) => C::Complete,
        _ => return None,
    })
}

fn motion(key: Key, held: Modifiers, mac: bool, page: usize) -> Option<Motion> {
    let ctrl = held.command || (held.ctrl && !mac);
    let word = if mac { held.alt } else { ctrl };
    let end = mac && held.mac_cmd;
    Some(match key {
        Key::ArrowLeft if end => Motion::RowStart,
        Key::ArrowRight if end => Motion::RowEnd,
        Key::ArrowLeft if word => Motion::WordLeft,
        Key::ArrowRight if word => Motion::WordRight,
        Key::ArrowLeft => Motion::Left,
        Key::ArrowRight => Motion::Right,
        Key::ArrowUp if end => Motion::TextStart,
        Key::ArrowDown if end => Motion::TextEnd,
        Key::ArrowUp if !held.alt && !ctrl => Motion::Up(1),
        Key::ArrowDown if !held.alt && !ctrl => Motion::Down(1),
        Key::PageUp => Motion::Up(page),
        Key::PageDown => Motion::Down(page),
        Key::Home if ctrl => Motion::TextStart,
        Key::End if ctrl => Motion::TextEnd,
        Key::Home => Motion::RowStart,
        Key::End => Motion::RowEnd,
        Key::A if mac && held.ctrl => Motion::LineStart,
        Key::E if mac && held.ctrl => Motion::LineEnd,
        Key::B if mac && held.ctrl => Motion::Left,
        Key::F if mac && held.ctrl => Motion::Right,
        Key::P if mac && held.ctrl => Motion::Up(1),
        Key::N if mac && held.ctrl => Motion::Down(1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_system() {
        let ctrl = Modifiers {
            ctrl: true,
            command: true,
            ..Modifiers::NONE
        };
        let cmd = Modifiers {
            mac_cmd: true,
            command: true,
            ..Modifiers::NONE
        };
        let mac_ctrl = Modifiers::CTRL;
        let go = |motion| Some(Command::Go(motion, false));
        for (name, key, held, mac, expected) in [
            ("word", Key::ArrowLeft, ctrl, false, go(Motion::WordLeft)),
            (
                "word, Mac",
                Key::ArrowLeft,
                Modifiers::ALT,
                true,
                go(Motion::WordLeft),
            ),
            ("row, Mac", Key::ArrowLeft, cmd, true, go(Motion::RowStart)),
            ("Emacs, Mac", Key::A, mac_ctrl, true, go(Motion::LineStart)),
            ("all", Key::A, ctrl, false, Some(Command::SelectAll)),
            ("all, Mac", Key::A, cmd, true, Some(Command::SelectAll)),
            ("find, Mac", Key::F, cmd, true, Some(Command::Find)),
            (
                "lines",
                Key::ArrowUp,
                Modifiers::ALT,
                false,
                Some(Command::MoveLines(true)),
            ),
            ("the tabs of the window", Key::Tab, ctrl, false, None),
            ("AltGr types", Key::Z, ctrl | Modifiers::ALT, false, None),
            ("a letter", Key::Q, Modifiers::NONE, false, None),
        ] {
            assert_eq!(command(key, held, mac, 10), expected, "{name}");
        }
    }
}
