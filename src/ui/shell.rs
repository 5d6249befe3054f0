//! The window as a whole: takes what the engine did, draws every pane, and applies what was asked for.

use std::{sync::Arc, time::Duration};

use egui::{CentralPanel, Context, Frame, Key as EguiKey, Modifiers, Panel, Ui};
use stubless_core::{
    engine::{Command, Engine, EngineOptions},
    workspace::WindowState,
};

use super::{
    Boot,
    dialogs::DialogCache,
    document::DocumentCache,
    platform::{self, Picker},
    sidebar::SidebarCache,
    theme::{self, Preference, Tokens, size},
    topbar,
    widgets::completes_template,
};
use crate::app::{
    Action, AppState, COMMANDS, Key, Platform, Refusal, Shortcut, Theme, WorkspaceState, on_event,
    refused, update,
};

/// Events taken in one frame; more wait for the next, so that a flood never stops the picture.
const EVENTS_A_FRAME: usize = 256;
/// A repaint asked for by the engine comes after this, so that many make one.
const WAKE_AFTER: Duration = Duration::from_millis(16);
/// Bytes of messages and index that the logs of all calls may hold in memory.
const LOG_MEMORY_BYTES: usize = 256 << 20;

/// The window.
#[derive(Debug)]
pub struct Window {
    state: AppState,
    engine: Engine,
    picker: Picker,
    sidebar: SidebarCache,
    document: DocumentCache,
    dialogs: DialogCache,
    toasts: super::statusbar::ToastClock,
    /// Nothing is unsaved and the window may go.
    closing: bool,
    theme: Option<String>,
}

impl Window {
    /// Starts the engine and asks it for the workspace.
    ///
    /// # Errors
    /// The system's, when a thread cannot be made.
    pub fn start(ctx: &Context, boot: Boot, window: WindowState) -> std::io::Result<Self> {
        theme::apply(ctx);
        // The table of commands has the zoom's shortcuts.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        if window.zoom > 0.0 {
            ctx.set_zoom_factor(window.zoom);
        }
        let (repaint, also) = (ctx.clone(), boot.on_wake);
        let kept = boot.dirs.logs();
        let memory = kept.memory_bytes.and_then(|bytes| bytes.try_into().ok());
        let engine = Engine::start(EngineOptions {
            dirs: boot.dirs,
            demo: true,
            log_memory_bytes: memory.unwrap_or(LOG_MEMORY_BYTES),
            log_spills: true,
            log_disk_bytes: kept.disk_bytes,
            wake: Arc::new(move || {
                repaint.request_repaint_after(WAKE_AFTER);
                if let Some(also) = &also {
                    also();
                }
            }),
        })?;
        let mut this = Self {
            state: AppState::new(window),
            engine,
            picker: Picker::new(ctx),
            sidebar: SidebarCache::default(),
            document: DocumentCache::default(),
            dialogs: DialogCache::default(),
            toasts: super::statusbar::ToastClock::default(),
            closing: false,
            theme: None,
        };
        this.send(vec![Command::OpenWorkspace(boot.workspace)]);
        Ok(this)
    }

    /// What the window knows. For tests.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Does what a view would have asked for. For tests.
    pub fn act(&mut self, action: Action) {
        let commands = update(&mut self.state, action);
        self.send(commands);
    }

    fn send(&mut self, commands: Vec<Command>) {
        for command in commands {
            let refusal = refusal_of(&command);
            if self.engine.send(command).is_err() {
                refused(&mut self.state, refusal);
            }
        }
    }

    fn apply(&mut self, ctx: &Context, actions: Vec<Action>) {
        if actions.is_empty() {
            return;
        }
        for action in actions {
            self.act(action);
        }
        self.do_platform(ctx);
        ctx.request_repaint();
    }

    fn do_platform(&mut self, ctx: &Context) {
        for what in std::mem::take(&mut self.state.platform) {
            match what {
                Platform::Browse(pick) => self.picker.open(pick, &self.state),
                Platform::ReadBytes(place, file) => self.picker.read_bytes(place, file),
                Platform::Copy(text) => ctx.copy_text(text),
                Platform::Paste => ctx.send_viewport_cmd(egui::ViewportCommand::RequestPaste),
                Platform::Close => {
                    self.closing = true;
                    ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                }
                Platform::FocusFilter => {
                    ctx.memory_mut(|m| m.request_focus(super::sidebar::filter_id()));
                }
                Platform::FocusTarget => {
                    ctx.memory_mut(|m| m.request_focus(super::address::target_id()));
                }
                Platform::Zoom(factor) => {
                    let zoom = if factor > 0.0 {
                        (ctx.zoom_factor() * factor).clamp(0.5, 3.0)
                    } else {
                        1.0
                    };
                    ctx.set_zoom_factor(zoom);
                }
            }
        }
    }

    /// The first enabled command whose shortcut was pressed.
    fn shortcuts(&self, ctx: &Context, actions: &mut Vec<Action>) {
        // A dialog or the palette has the keyboard for itself.
        if self.state.dialog.is_some() || self.state.palette.is_some() {
            return;
        }
        let typing = ctx.text_edit_focused();
        // Escape closes a menu, a message or a search before it cancels anything.
        let popup = egui::Popup::is_any_open(ctx)
            || super::widgets::takes_escape(ctx)
            || completes_template(ctx);
        for info in COMMANDS {
            let Some(shortcut) = info.shortcut else {
                continue;
            };
            if (typing && !shortcut.in_text)
                || (popup && shortcut.key == Key::Escape)
                || !info.is_enabled(&self.state)
            {
                continue;
            }
            if ctx.input_mut(|input| pressed(input, shortcut)) {
                actions.push(Action::Run(info.id));
                return;
            }
        }
    }

    fn follow_theme(&mut self, ctx: &Context) {
        if self.theme.as_deref() == Some(self.state.window.theme.as_str()) {
            return;
        }
        self.theme = Some(self.state.window.theme.clone());
        let preference = match Theme::parse(&self.state.window.theme) {
            Theme::System => Preference::System,
            Theme::Dark => Preference::Dark,
            Theme::Light => Preference::Light,
        };
        theme::set_preference(ctx, preference);
    }

    /// Size, place and zoom, kept when the window closes.
    fn keep_geometry(&mut self, ctx: &Context) {
        let zoom = ctx.zoom_factor();
        let (size, position) = ctx.input(|input| {
            let viewport = input.viewport();
            let size = viewport.inner_rect.map(|r| (r.width(), r.height()));
            let position = viewport.outer_rect.map(|r| (r.left(), r.top()));
            (size, position)
        });
        let mut window = self.state.window.clone();
        // Zoom scales points; the window is made in the system's own.
        window.size = size.map(|(w, h)| (w * zoom, h * zoom)).or(window.size);
        window.position = position
            .map(|(x, y)| (x * zoom, y * zoom))
            .or(window.position);
        window.zoom = zoom;
        self.act(Action::KeepWindow(window));
    }

    fn title(&self, ctx: &Context) {
        let title = match self.state.open_workspace() {
            Some(workspace) if !workspace.file.name.is_empty() => {
                format!("{} – Stubless", workspace.file.name)
            }
            _ => "Stubless".to_owned(),
        };
        let id = egui::Id::unique("window title");
        let known = ctx.data_mut(|data| data.get_temp::<String>(id));
        if known.as_ref() != Some(&title) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            ctx.data_mut(|data| data.insert_temp(id, title));
        }
    }

    fn panes(&mut self, ui: &mut Ui, out: &mut Vec<Action>) {
        let tokens = Tokens::of(ui);
        let bar = Frame::NONE.fill(tokens.surface.window);
        Panel::top("top bar")
            .exact_size(46.0)
            .resizable(false)
            .show_separator_line(false)
            .frame(bar)
            .show(ui, |ui| topbar::topbar_ui(ui, &self.state, out));
        Panel::bottom("status bar")
            .exact_size(26.0)
            .resizable(false)
            .show_separator_line(false)
            .frame(bar)
            .show(ui, |ui| {
                super::statusbar::statusbar_ui(ui, &self.state, out);
            });
        let open = matches!(self.state.workspace, WorkspaceState::Open(_));
        if open {
            let side = Frame::NONE.fill(tokens.surface.side);
            Panel::left("sidebar")
                .default_size(272.0)
                .size_range(210.0..=460.0)
                .show_separator_line(false)
                .frame(side)
                .show(ui, |ui| {
                    super::sidebar::sidebar_ui(ui, &mut self.state, &mut self.sidebar, out);
                });
        }
        CentralPanel::no_frame()
            .frame(Frame::NONE.fill(tokens.surface.pane))
            .show(ui, |ui| {
                let shown = self.state.active.is_some() || self.state.diffs.page.is_some();
                if open && shown {
                    super::document::document_ui(ui, &mut self.state, &mut self.document, out);
                } else {
                    super::welcome::welcome_ui(ui, &self.state, out);
                }
            });
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        for taken in 0.. {
            let Some(event) = self.engine.try_event() else {
                break;
            };
            let commands = on_event(&mut self.state, event);
            self.send(commands);
            if taken >= EVENTS_A_FRAME {
                ctx.request_repaint();
                break;
            }
        }
        let mut actions = self.picker.take();
        actions.extend(platform::dropped(ctx, &self.picker));
        if ctx.input(|input| input.viewport().close_requested()) && !self.closing {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.keep_geometry(ctx);
            actions.push(Action::CloseWindow);
        }
        self.apply(ctx, actions);
        self.do_platform(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.follow_theme(&ctx);
        self.title(&ctx);
        let mut actions = Vec::new();
        self.shortcuts(&ctx, &mut actions);
        platform::pasted(&ctx, &self.state, &mut actions);
        self.panes(ui, &mut actions);
        super::palette::palette_ui(ui, &mut self.state, &mut actions);
        super::dialogs::dialog_ui(ui, &mut self.state, &mut self.dialogs, &mut actions);
        super::statusbar::notices_ui(ui, &self.state, &mut self.toasts, &mut actions);
        platform::drop_hint(&ctx);
        self.apply(&ctx, actions);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

fn refusal_of(command: &Command) -> Refusal {
    match command {
        Command::StartCall(id, _) => Refusal::Start(*id),
        Command::Render { call, wanted } => Refusal::Render(*call, wanted.clone()),
        Command::OpenBytes { call, index } => Refusal::Bytes(*call, *index),
        Command::ReadLevels(tree, levels) => Refusal::Levels(tree.clone(), levels.clone()),
        Command::LoadSchema(id, _) | Command::Reflect(id, _) => Refusal::Schema(*id),
        Command::Compare(id, ..) => Refusal::Compare(*id),
        Command::Diff(id, _) => Refusal::Diff(*id),
        Command::DiffPair { id, pair, .. } => Refusal::DiffPair(*id, *pair),
        Command::PrepareSymbol(_, symbol) => Refusal::Prepare(symbol.clone()),
        Command::Edit(ticket, _) => Refusal::Edit(*ticket),
        Command::WatchHealth(id, _) => Refusal::Health(*id),
        Command::CheckHealth(id) => Refusal::Look(*id),
        Command::ReadPage { id, .. } => Refusal::Page(*id),
        Command::Check(id, _) => Refusal::Check(*id),
        Command::Scan(id, call, _) | Command::Group(id, call, _) => Refusal::Scan(*call, *id),
        Command::ReadCells { call, wanted, .. } => Refusal::Cells(*call, wanted.clone()),
        Command::HoldReading(id, _) => Refusal::Hold(*id),
        Command::CountMessages(_, stats) => Refusal::Count(stats.clone()),
        Command::Message(task) => Refusal::Message(task.clone()),
        Command::SaveLog { job, .. } | Command::OpenLog { job, .. } => Refusal::Job(job.id()),
        Command::Repeat(id, _) => Refusal::Repeat(*id),
        Command::SaveMessages { job, .. } | Command::CopyMessages { job, .. } => {
            Refusal::Job(job.id())
        }
        Command::ReplaceRepeated(id, ..) => Refusal::Repeated(*id),
        Command::Push(..)
        | Command::WaiveRules(_)
        | Command::StopRepeat(..)
        | Command::HalfClose(_)
        | Command::Cancel(_)
        | Command::Forget(_)
        | Command::UnloadSchema
        | Command::StopHealth(_)
        | Command::StopCheck
        | Command::StopScan(_)
        | Command::FindText(..)
        | Command::TakeSent(_)
        | Command::SetLogLimits(_)
        | Command::SaveSchema { .. }
        | Command::FindRoots(_)
        | Command::ExplainBytes { .. }
        | Command::ReadPaste { .. }
        | Command::CopyAs { .. }
        | Command::OpenWorkspace(_)
        | Command::CreateWorkspace { .. }
        | Command::Remember(_)
        | Command::RememberWindow(_) => Refusal::Other,
    }
}

fn pressed(input: &mut egui::InputState, shortcut: Shortcut) -> bool {
    let mut modifiers = Modifiers::NONE;
    if shortcut.ctrl {
        modifiers |= Modifiers::COMMAND;
    }
    if shortcut.shift {
        modifiers |= Modifiers::SHIFT;
    }
    if shortcut.alt {
        modifiers |= Modifiers::ALT;
    }
    let key = match shortcut.key {
        Key::Letter(letter) => match EguiKey::from_name(&letter.to_ascii_uppercase().to_string()) {
            Some(key) => key,
            None => return false,
        },
        Key::Enter => EguiKey::Enter,
        Key::Escape => EguiKey::Escape,
        Key::Tab => EguiKey::Tab,
        Key::Delete => EguiKey::Delete,
        Key::PageUp => EguiKey::PageUp,
        Key::PageDown => EguiKey::PageDown,
        Key::F2 => EguiKey::F2,
        Key::F5 => EguiKey::F5,
        Key::F7 => EguiKey::F7,
        Key::Plus => EguiKey::Plus,
        Key::Minus => EguiKey::Minus,
        Key::Zero => EguiKey::Num0,
    };
    // Exact: Ctrl+Shift+S must not be taken by Ctrl+S, whichever stands first in the table. Asked of
    // the event: what is held down now may have been let go within the same frame.
    let place = input.events.iter().position(|event| {
        matches!(
            event,
            egui::Event::Key { key: pressed, pressed: true, modifiers: held, .. }
                if *pressed == key && held.matches_exact(modifiers)
        )
    });
    place.map(|at| input.events.remove(at)).is_some()
}

/// The height of rows in the bars, for their contents to be centred in.
pub(super) const BAR_CONTROL: f32 = size::CONTROL;
