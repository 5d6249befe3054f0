//! Frames of the form at the sizes it is made for, without a window:
//! `cargo run --release --example form_frames`. Prints the median and the 99th percentile of the time
//! a frame takes to be drawn and tessellated, while the form is scrolled and while a field is typed in.
//! A screen of 60 Hz has 16.6 ms.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that measures"
)]

mod frames;

use std::time::Duration;

use egui::{Event, Key, vec2};
use prost_reflect::{
    DescriptorPool, MessageDescriptor,
    prost_types::{
        DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
        field_descriptor_proto::{Label, Type},
    },
};
use stubless::{
    app::BodyView,
    ui::request::{BodyEditor, BodyState},
};
use stubless_core::message::{Document, Path};

use frames::{Screen, head, key, report, wheel};

const FRAMES: usize = 300;

fn main() {
    head();
    let fields = numbers(1, 1_000, |n| format!("\"f{n}\": \"value {n}\""));
    let scalars = numbers(0, 10_000, |n| format!("{n}"));
    let messages = numbers(0, 10_000, |n| {
        format!("{{\"name\": \"item {n}\", \"count\": {n}, \"on\": true}}")
    });
    let cases = [
        Case {
            name: "1,000 fields",
            message: "bench.Wide",
            text: format!("{{\n  {}\n}}", fields.join(",\n  ")),
            field: "f500",
            all_open: false,
        },
        Case {
            name: "10,000 numbers",
            message: "bench.Lists",
            text: format!("{{\"numbers\": [\n    {}\n  ]\n}}", scalars.join(",\n    ")),
            field: "numbers[5000]",
            all_open: true,
        },
        Case {
            name: "10,000 messages, all open",
            message: "bench.Lists",
            text: format!("{{\"items\": [\n    {}\n  ]\n}}", messages.join(",\n    ")),
            field: "items[5000].name",
            all_open: true,
        },
    ];
    for case in cases {
        case.run();
    }
}

struct Case {
    name: &'static str,
    message: &'static str,
    text: String,
    field: &'static str,
    all_open: bool,
}

impl Case {
    fn run(&self) {
        let mut form = Form::new(self);
        form.frame(Vec::new());
        let scrolled = form.times(|_| wheel(vec2(0.0, -160.0)));
        report(self.name, "scroll", scrolled);
        // Until what is left of the wheel's smooth scrolling is over.
        for _ in 0..60 {
            form.frame(Vec::new());
        }
        form.state.reveal(&path(self.field), 0);
        for _ in 0..60 {
            form.frame(Vec::new());
        }
        let focused = form.screen.context.memory(|memory| memory.focused());
        assert!(focused.is_some(), "{} has the keyboard", self.field);
        let before = form.document.revision();
        let typed = form.times(|n| match n % 2 {
            0 => vec![Event::Text("7".to_owned())],
            _ => vec![key(Key::Backspace)],
        });
        let edits = form.document.revision() - before;
        assert!(
            edits as usize >= FRAMES / 2,
            "typed into {}: {edits}",
            self.field
        );
        report(self.name, "type", typed);
    }
}

/// A form without a window.
struct Form {
    screen: Screen,
    document: Document,
    state: BodyState,
    message: MessageDescriptor,
}

impl Form {
    fn new(case: &Case) -> Self {
        let mut state = BodyState::default();
        if case.all_open {
            state.open_all(&Path::root(), true);
        }
        Self {
            screen: Screen::new(),
            document: Document::new(case.text.as_str()),
            state,
            message: schema()
                .get_message_by_name(case.message)
                .expect("a message of the bench"),
        }
    }

    fn times(&mut self, events: impl Fn(usize) -> Vec<Event>) -> Vec<Duration> {
        (0..FRAMES).map(|n| self.frame(events(n))).collect()
    }

    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let (document, state, message) = (&mut self.document, &mut self.state, &self.message);
        self.screen.frame(events, |ui| {
            BodyEditor::new(document, state)
                .message(Some(message))
                .show(ui, &mut BodyView::Form);
        })
    }
}

fn numbers(from: usize, count: usize, text: impl Fn(usize) -> String) -> Vec<String> {
    (from..from + count).map(text).collect()
}

/// The path of a name as the form shows it.
fn path(name: &str) -> Path {
    name.split(['.', '[']).fold(Path::root(), |path, part| {
        match part.strip_suffix(']').map(str::parse) {
            Some(Ok(index)) => path.index(index),
            _ => path.key(part),
        }
    })
}

fn schema() -> DescriptorPool {
    let field = |name: &str, number, kind: Type, label: Label, type_name: Option<&str>| {
        FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(label.into()),
            r#type: Some(kind.into()),
            type_name: type_name.map(str::to_owned),
            ..FieldDescriptorProto::default()
        }
    };
    let message = |name: &str, field: Vec<FieldDescriptorProto>| DescriptorProto {
        name: Some(name.to_owned()),
        field,
        ..DescriptorProto::default()
    };
    let one = Label::Optional;
    let kinds = [Type::String, Type::Int64, Type::Bool, Type::Double];
    let wide = (1..=1_000).map(|n| {
        let kind = if n == 500 {
            Type::String
        } else {
            kinds[n as usize % kinds.len()]
        };
        field(&format!("f{n}"), n, kind, one, None)
    });
    let file = FileDescriptorProto {
        name: Some("bench.proto".to_owned()),
        package: Some("bench".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![
            message("Wide", wide.collect()),
            message(
                "Item",
                vec![
                    field("name", 1, Type::String, one, None),
                    field("count", 2, Type::Int32, one, None),
                    field("on", 3, Type::Bool, one, None),
                    field("note", 4, Type::String, one, None),
                ],
            ),
            message(
                "Lists",
                vec![
                    field("numbers", 1, Type::Int32, Label::Repeated, None),
                    field(
                        "items",
                        2,
                        Type::Message,
                        Label::Repeated,
                        Some(".bench.Item"),
                    ),
                ],
            ),
        ],
        ..FileDescriptorProto::default()
    };
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_proto(file)
        .expect("the schema of the bench");
    pool
}
