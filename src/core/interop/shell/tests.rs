//! Words read and written by each shell's rules.

use super::{Input, Shell, Writer, shell_of};
use crate::interop::placeholder::Placeholders;

fn words(shell: Shell, text: &str) -> Vec<String> {
    let commands = shell.read(text);
    let first = commands.into_iter().next().unwrap_or_default();
    first.words.into_iter().map(|word| word.text).collect()
}

fn input(shell: Shell, text: &str) -> Option<String> {
    match shell.read(text).into_iter().next()?.input? {
        Input::Text(word) => Some(word.text),
        Input::File(file) => Some(format!("file {file}")),
        Input::Program(program) => Some(format!("program {program}")),
    }
}

#[test]
fn bash_words() {
    for (name, text, expected) in [
        ("plain", "a b  c", &["a", "b", "c"][..]),
        (
            "single quotes",
            r#"a '{"x": "\n"}' b"#,
            &["a", r#"{"x": "\n"}"#, "b"],
        ),
        ("a quote in single quotes", r"'it'\''s'", &["it's"]),
        ("double quotes", r#""a \"b\" \\ \x""#, &[r#"a "b" \ \x"#]),
        ("empty words", "a '' \"\"", &["a", "", ""]),
        ("joined", r#"a'b'"c"d"#, &["abcd"]),
        ("ANSI-C", r"$'a\tb\x41\u00e9\'\101\n'", &["a\tbA\u{e9}'A\n"]),
        ("bytes of a letter", r"$'\xc3\xa9'", &["é"]),
        ("a continued line", "a \\\n  b", &["a", "b"]),
        (
            "a continued line with spaces after it",
            "a \\  \n  b",
            &["a", "b"],
        ),
        ("a continued line of Windows", "a \\\r\n  b", &["a", "b"]),
        ("continued inside a word", "ab\\\ncd", &["abcd"]),
        (
            "a lost line break",
            "a \\  -d b \\ c",
            &["a", "-d", "b", "c"],
        ),
        ("an escaped space", r"a\ b", &["a b"]),
        ("a comment", "a # b c", &["a"]),
        ("a hash in a word", "a#b", &["a#b"]),
        ("a variable", r#""$A ${B} $(c d)""#, &["$A ${B} $(c d)"]),
        ("the end of a command", "a; b", &["a"]),
        ("output", "a > b 2>&1 c", &["a", "c"]),
        ("a prompt", "$ a \\\n> b", &["a", "b"]),
        ("a fence", "```sh\na b\n```", &["a", "b"]),
        ("an open quote", "a 'b c", &["a", "b c"]),
    ] {
        assert_eq!(words(Shell::Bash, text), expected, "{name}");
    }
    let commands = Shell::Bash.read(r#"a "$A" '$B' `c` $(d $(e)) $1"#);
    let variables: Vec<_> = commands[0]
        .words
        .iter()
        .flat_map(|w| w.variables.clone())
        .collect();
    assert_eq!(variables, ["$A", "`c`", "$(d $(e))", "$1"]);
}

#[test]
fn what_a_command_reads() {
    for (shell, text, expected) in [
        (
            Shell::Bash,
            "a <<'EOF'\n{\n  $x\n}\nEOF\nb",
            Some("{\n  $x\n}\n"),
        ),
        (Shell::Bash, "a <<-E b\n\t{}\n\tE\n", Some("{}\n")),
        (Shell::Bash, "a <<< '{\"a\": 1}'", Some("{\"a\": 1}")),
        (Shell::Bash, "echo '{}' | a", Some("{}")),
        (Shell::Bash, "printf '%s' '{}' | a", Some("{}")),
        (Shell::Bash, "cat <<EOF | a\n{}\nEOF", Some("{}\n")),
        (Shell::Bash, "a < x.json", Some("file x.json")),
        (Shell::Bash, "cat x.json | a", Some("file x.json")),
        (Shell::Bash, "jq . x | a", Some("program jq . x")),
        (Shell::PowerShell, "'{\"a\": 1}' | a", Some("{\"a\": 1}")),
        (Shell::PowerShell, "@'\n{\n}\n'@ | a -d '@'", Some("{\n}")),
        (
            Shell::PowerShell,
            "Get-Content x.json | a",
            Some("file x.json"),
        ),
        (Shell::Cmd, "type x.json | a", Some("file x.json")),
        (Shell::Cmd, "a < x.json", Some("file x.json")),
        (Shell::Bash, "a", None),
    ] {
        assert_eq!(input(shell, text).as_deref(), expected, "{text}");
        assert_eq!(words(shell, text)[0], "a", "{text}");
    }
}

#[test]
fn powershell_words() {
    for (name, text, expected) in [
        (
            "single quotes",
            "a 'it''s' '$x `n'",
            &["a", "it's", "$x `n"][..],
        ),
        ("double quotes", "\"a\"\"b`\"c`n\"", &["a\"b\"c\n"]),
        ("typographic quotes", "‘a’ “b”", &["a", "b"]),
        ("a continued line", "a `\n  b", &["a", "b"]),
        ("a lost line break", "a `  -d b", &["a", "-d", "b"]),
        ("a call", "& 'C:\\a b\\x.exe' c", &["C:\\a b\\x.exe", "c"]),
        (
            "a here-string",
            "a @'\nx 'y'\nz\n'@ b",
            &["a", "x 'y'\nz", "b"],
        ),
        (
            "stop parsing",
            "a --% -d \"{\\\"x\\\": 1}\" b",
            &["a", "-d", "{\"x\": 1}", "b"],
        ),
        (
            "a variable",
            "a \"$env:TOKEN ${env:B} $(c)\"",
            &["a", "$env:TOKEN ${env:B} $(c)"],
        ),
        ("a prompt", "PS C:\\x> a `\n>> b", &["a", "b"]),
        ("a comment", "a # b", &["a"]),
        ("a letter by number", "\"`u{1F980}\"", &["🦀"]),
    ] {
        assert_eq!(words(Shell::PowerShell, text), expected, "{name}");
    }
}

#[test]
fn cmd_words() {
    for (name, text, expected) in [
        ("quotes", r#"a "b c" d"#, &["a", "b c", "d"][..]),
        (
            "an escaped quote",
            r#"a "{\"x\": 1}""#,
            &["a", r#"{"x": 1}"#],
        ),
        ("a doubled quote", r#"a "x""y""#, &["a", "x\"y"]),
        ("backslashes", r#"a "C:\x\\" b\c"#, &["a", r"C:\x\", r"b\c"]),
        ("a continued line", "a ^\r\n  b ^\n  c", &["a", "b", "c"]),
        (
            "carets",
            r#"a ^"{\^"x\^": \^"^&^<^^\^"}^""#,
            &["a", r#"{"x": "&<^"}"#],
        ),
        ("a caret in quotes", "a \"^\"", &["a", "^"]),
        ("a prompt", "C:\\tools>a b", &["a", "b"]),
        ("two commands", "a b & c", &["a", "b"]),
    ] {
        assert_eq!(words(Shell::Cmd, text), expected, "{name}");
    }
    let commands = Shell::Cmd.read("a %TOKEN% 100%");
    assert_eq!(commands[0].words[1].variables, ["%TOKEN%"]);
    assert!(commands[0].words[2].variables.is_empty());
}

#[test]
fn the_shell_is_known_by_its_marks() {
    for (shell, text) in [
        (Shell::Bash, "grpcurl -d '{\"a\": 1}' h:1 s/m"),
        (Shell::Bash, "grpcurl \\\n -plaintext h:1 s/m"),
        (
            Shell::Bash,
            "grpcurl -H '' -d '{\"a\": \"it'\\''s\"}' h:1 s/m",
        ),
        (Shell::PowerShell, "grpcurl `\n -plaintext h:1 s/m"),
        (Shell::PowerShell, "grpcurl -d '{\"a\": \"it''s\"}' h:1 s/m"),
        (Shell::PowerShell, "grpcurl -H \"a: $env:TOKEN\" h:1 s/m"),
        (Shell::PowerShell, "PS C:\\> grpcurl h:1 s/m"),
        (Shell::PowerShell, "'{}' | grpcurl -d '@' h:1 s/m"),
        (Shell::Cmd, "grpcurl ^\r\n -plaintext h:1 s/m"),
        (Shell::Cmd, "C:\\tools>grpcurl h:1 s/m"),
        (Shell::Cmd, "grpcurl -H \"a: %TOKEN%\" h:1 s/m"),
        (Shell::Cmd, "grpcurl -d ^\"{}^\" h:1 s/m"),
    ] {
        assert_eq!(shell_of(text), shell, "{text}");
    }
}

/// Words that hold what some shell takes for itself.
pub(in crate::interop) const HARD: [&str; 30] = [
    "",
    " ",
    "plain",
    "-d",
    "a b",
    "it's",
    "''",
    "say \"hi\"",
    "\\",
    "\\\\",
    "a\\",
    "a\\\"b",
    "C:\\a b\\",
    "$HOME ${HOME} $(id) `id`",
    "%PATH% 100% %",
    "^ & | < > ( ) ! ; #",
    "\"^&\"",
    "a\nb",
    "tab\there",
    "{\"a\": \"b\\nc\", \"d\": [1, 2]}",
    "{\"a\": \"it's \\\"x\\\" & <y>\"}",
    "é 🦀 ‘ ’ ‚ ‛ “ ” „",
    "*?[a]~",
    "@",
    "@x",
    "'\"'\"'",
    "\"\"",
    "a=b",
    "--% x",
    "{{ \"{{\" }}",
];

#[test]
fn what_is_written_reads_back() {
    let none = Placeholders::default();
    let mut random = crate::interop::tests::Random::new(7);
    let alphabet: Vec<char> = "ab \\\"'`$%^&|<>(){}[]!#;*?~@=-+\n\té‘’“”🦀"
        .chars()
        .collect();
    let mut hard: Vec<String> = HARD.iter().map(|word| (*word).to_owned()).collect();
    for _ in 0..2_000 {
        let length = random.below(12);
        hard.push(
            (0..length)
                .map(|_| alphabet[random.below(alphabet.len())])
                .collect(),
        );
    }
    for shell in Shell::ALL {
        let writer = Writer {
            shell,
            placeholders: &none,
        };
        for word in &hard {
            let written = format!("x {} y", writer.word(word));
            assert_eq!(
                words(shell, &written),
                ["x", word.as_str(), "y"],
                "{} {written:?}",
                shell.name()
            );
        }
        // On several lines, too.
        let groups: Vec<Vec<String>> = hard.chunks(3).map(<[String]>::to_vec).collect();
        let line = writer.line(&groups);
        let read = words(shell, &format!("x {line}"));
        let first = hard
            .iter()
            .zip(&read[1..])
            .find(|(hard, read)| hard != read);
        assert_eq!(first, None, "{}", shell.name());
        assert_eq!(read.len(), 1 + hard.len(), "{}", shell.name());
    }
}

#[test]
fn a_mark_becomes_a_variable() {
    let mut held = Placeholders::default();
    let mark = held.mark("token").unwrap();
    let text = format!("authorization: Bearer {mark} \"x\"");
    for (shell, expected) in [
        (Shell::Bash, "'authorization: Bearer '\"$TOKEN\"' \"x\"'"),
        (
            Shell::PowerShell,
            "\"authorization: Bearer ${env:TOKEN} `\"x`\"\"",
        ),
        (
            Shell::Cmd,
            "^\"authorization: Bearer %TOKEN% \\^\"x\\^\"^\"",
        ),
    ] {
        let writer = Writer {
            shell,
            placeholders: &held,
        };
        assert_eq!(writer.word(&text), expected);
        let commands = shell.read(&format!("x {expected}"));
        assert_eq!(commands[0].words.len(), 2, "{expected}");
        assert_eq!(commands[0].words[1].variables.len(), 1, "{expected}");
    }
}

#[test]
fn hostile_lines_end_soon() {
    let started = std::time::Instant::now();
    for text in [
        "'".repeat(3 << 20),
        "\"$(".repeat(200_000),
        "\\".repeat(3 << 20),
        "`".repeat(400_000),
        "^".repeat(3 << 20),
        "@'\n".repeat(100_000),
        "<<E ".repeat(100_000),
        "$".repeat(3 << 20),
        format!("grpcurl -d '{}' a b/c", "x".repeat(10 << 20)),
    ] {
        for shell in Shell::ALL {
            let _ = shell.read(&text);
        }
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}
