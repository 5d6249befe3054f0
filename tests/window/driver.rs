//! Drives a running window through eframe's inspection protocol, by accessible label, as a person
//! with a screen reader would. Every wait has a limit.

use std::{
    error::Error,
    fs,
    io::Write as _,
    net::TcpStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use egui::{
    Event, Key, Modifiers, PointerButton, Pos2,
    accesskit::{Node, Role},
};
use egui_inspection::protocol::{Request, Response, read_handshake, read_message, write_message};

/// How long a thing may take to appear.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A connection to a window.
pub(crate) struct Window {
    stream: TcpStream,
    shots: PathBuf,
}

impl Window {
    /// Connects to a window that may still be starting.
    pub(crate) fn connect(address: &str, shots: PathBuf) -> Result<Self> {
        let end = Instant::now() + PATIENCE;
        let stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > end => return Err(error.into()),
                Err(_) => std::thread::park_timeout(Duration::from_millis(50)),
            }
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut window = Self { stream, shots };
        read_handshake(&mut window.stream)?;
        fs::create_dir_all(&window.shots)?;
        Ok(window)
    }

    fn ask(&mut self, request: &Request) -> Result<Response> {
        write_message(&mut self.stream, request)?;
        match read_message(&mut self.stream)? {
            Response::Error { message } => Err(message.into()),
            response => Ok(response),
        }
    }

    fn nodes(&mut self) -> Result<Vec<Node>> {
        match self.ask(&Request::GetTree)? {
            Response::Tree {
                accesskit: Some(tree),
                ..
            } => Ok(tree.nodes.into_iter().map(|(_, node)| node).collect()),
            _ => Ok(Vec::new()),
        }
    }

    fn events(&mut self, events: Vec<Event>) -> Result<()> {
        self.ask(&Request::ApplyEvents { events })?;
        Ok(())
    }

    /// Waits until a node fits.
    fn find(&mut self, what: &str, fits: impl Fn(&Node) -> bool) -> Result<Node> {
        let end = Instant::now() + PATIENCE;
        loop {
            let nodes = self.nodes()?;
            if let Some(node) = nodes
                .iter()
                .find(|node| fits(node) && node.bounds().is_some())
            {
                return Ok(node.clone());
            }
            if Instant::now() > end {
                let mut seen: Vec<String> = nodes.iter().filter_map(words).collect();
                seen.dedup();
                return Err(
                    format!("no {what} in the window; it shows: {}", seen.join(" | ")).into(),
                );
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Waits until something outside the window holds.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn() -> bool) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            if Instant::now() > end {
                return Err(format!("never came: {what}").into());
            }
            self.settle()?;
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Waits for a text that contains the words.
    pub(crate) fn see(&mut self, text: &str) -> Result<()> {
        self.find(&format!("`{text}`"), |node| {
            words(node).is_some_and(|shown| shown.contains(text))
        })?;
        Ok(())
    }

    /// Clicks the first widget with this accessible label.
    pub(crate) fn click(&mut self, label: &str) -> Result<()> {
        let node = self.find(&format!("`{label}` to click"), |node| {
            node.label() == Some(label)
        })?;
        self.click_at(&node)
    }

    /// Clicks the first widget whose accessible label begins so.
    pub(crate) fn click_beginning(&mut self, start: &str) -> Result<()> {
        let node = self.find(&format!("`{start}…` to click"), |node| {
            node.label().is_some_and(|label| label.starts_with(start))
        })?;
        self.click_at(&node)
    }

    fn click_at(&mut self, node: &Node) -> Result<()> {
        let bounds = node.bounds().ok_or("a node without a place")?;
        let at = Pos2::new(
            ((bounds.x0 + bounds.x1) / 2.0) as f32,
            ((bounds.y0 + bounds.y1) / 2.0) as f32,
        );
        let button = |pressed| Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.events(vec![Event::PointerMoved(at)])?;
        self.events(vec![button(true)])?;
        self.events(vec![button(false)])?;
        self.settle()
    }

    /// Replaces the text of the field with this label.
    pub(crate) fn fill(&mut self, label: &str, text: &str) -> Result<()> {
        let node = self.find(&format!("field `{label}`"), |node| {
            node.label() == Some(label)
                && matches!(
                    node.role(),
                    Role::TextInput | Role::MultilineTextInput | Role::SearchInput
                )
        })?;
        self.click_at(&node)?;
        self.press(Key::A, Modifiers::COMMAND)?;
        self.type_text(text)
    }

    /// Types into whatever has the keyboard.
    pub(crate) fn type_text(&mut self, text: &str) -> Result<()> {
        self.events(vec![Event::Text(text.to_owned())])?;
        self.settle()
    }

    /// Presses and releases a key.
    pub(crate) fn press(&mut self, key: Key, modifiers: Modifiers) -> Result<()> {
        let event = |pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        };
        self.events(vec![event(true), event(false)])?;
        self.settle()
    }

    /// Lets the window come to rest. One that is animating goes on being driven all the same.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.ask(&Request::Settle { max_steps: 30 })?;
        Ok(())
    }

    /// Sets the size of the window in points.
    pub(crate) fn resize(&mut self, width: u32, height: u32) -> Result<()> {
        self.ask(&Request::Resize { width, height })?;
        self.settle()
    }

    /// Keeps a picture of the window as `NAME.png`.
    pub(crate) fn shot(&mut self, name: &str) -> Result<()> {
        self.events(vec![Event::PointerGone])?;
        self.settle()?;
        match self.ask(&Request::GetScreenshot {
            pixels_per_point: None,
        })? {
            Response::Screenshot(png) => {
                let path = self.shots.join(format!("{name}.png"));
                fs::File::create(&path)?.write_all(&png.bytes)?;
                println!("  ok       picture {name}: {}x{}", png.size[0], png.size[1]);
                Ok(())
            }
            other => Err(format!("no picture but {other:?}").into()),
        }
    }
}

/// What a node says: its label, else its value.
fn words(node: &Node) -> Option<String> {
    match (node.label(), node.value()) {
        (Some(label), Some(value)) => Some(format!("{label}: {value}")),
        (Some(text), None) | (None, Some(text)) => Some(text.to_owned()),
        (None, None) => None,
    }
}
