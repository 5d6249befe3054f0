//! Frames of one large message, without a window: `cargo run --release --example message_frames`. A message
//! of 100 MB in a million items is scrolled through and jumped about in, as JSON and as a tree, with its
//! items closed and with everything open. Prints the median and the 99th percentile of the time from a turn
//! of the wheel to a frame that is drawn and tessellated. A screen of 60 Hz has 16.6 ms.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures"
)]

#[allow(dead_code, reason = "shared with programs that press keys")]
mod frames;

use std::time::Duration;

use egui::{Event, vec2};
use prost_reflect::DescriptorPool;
use stubless::ui::MessageAlone;
use stubless_core::{
    demo::DESCRIPTOR_SET,
    message::{
        Printer,
        lazy::{Drawing, RowLayout},
    },
};

use frames::{Screen, head, report, wheel};

const FRAMES: u64 = 200;
const BYTES: usize = 100_000_000;

fn main() {
    head();
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let printer = Printer::new(&pool.get_message_by_name("demo.v1.Everything").unwrap());
    let message = printer.lazy(everything().into());
    for (name, drawing) in [("as JSON", Drawing::Json), ("as a tree", Drawing::Tree)] {
        let layout = RowLayout {
            drawing,
            ..RowLayout::default()
        };
        let mut rows = message.rows(layout).run();
        for all in [false, true] {
            if all {
                rows = rows.set_open(&[], true, true).unwrap().run();
            }
            let what = if all { "all open" } else { "items closed" };
            measure(&format!("{name}, {what}"), MessageAlone::new(rows.clone()));
        }
    }
}

/// `lists.ingredients` of a hundred bytes each.
fn everything() -> Vec<u8> {
    let mut items = Vec::with_capacity(BYTES + 128);
    let mut number = 0_u64;
    while items.len() < BYTES {
        number += 1;
        let name = format!("{number:>82}");
        let mut item = vec![1 << 3 | 2, 82];
        item.extend(name.bytes());
        item.push(2 << 3 | 1);
        item.extend((number as f64).to_le_bytes());
        item.extend([3 << 3, 1]);
        items.extend([9 << 3 | 2, item.len() as u8]);
        items.append(&mut item);
    }
    let mut message = vec![3 << 3 | 2];
    let mut len = items.len();
    while len > 0x7f {
        message.push((len & 0x7f) as u8 | 0x80);
        len >>= 7;
    }
    message.push(len as u8);
    message.append(&mut items);
    message
}

fn measure(name: &str, mut message: MessageAlone) {
    let mut screen = Screen::new();
    let mut frame = |message: &mut MessageAlone, events: Vec<Event>| -> Duration {
        screen.frame(events, |ui| message.show(ui))
    };
    let first = frame(&mut message, Vec::new());
    report(name, "first frame", vec![first]);
    let idle = (0..FRAMES)
        .map(|_| frame(&mut message, Vec::new()))
        .collect();
    report(name, "idle", idle);
    let scrolled = (0..FRAMES).map(|_| frame(&mut message, wheel(vec2(0.0, -360.0))));
    report(name, "scroll", scrolled.collect());
    let jumped = (0..FRAMES).map(|n| {
        message.go_to(n * 997 % 1000);
        frame(&mut message, Vec::new())
    });
    report(name, "jump", jumped.collect());
}
