//! What the platform does for the window: file dialogs and files dropped on it.
//!
//! A dialog runs on a thread of its own and its answer comes back as an action, so that the window
//! goes on. Where there is no dialog (no portal, no display server that has one) every path can be
//! typed into the field beside the button.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use egui::{Align2, Context, Event, LayerId, Order, Stroke, StrokeKind};
use rfd::{AsyncFileDialog, FileHandle};
use stubless_core::{
    call::LOG_FILE_EXTENSION, interop::looks_like_command, schema::SaveForm, workspace::SourceSpec,
};

use super::{
    request::MAX_FILE_BYTES,
    theme::{Tokens, font, radius},
    words,
};
use crate::app::{Action, AppState, BytesPlace, Dialog, Pick, SettingsFile};

/// Answers that wait for the window; a person opens one dialog at a time.
const ANSWERS: usize = 16;
/// A dialog that ends this soon without a choice was never shown.
const NEVER_SHOWN: Duration = Duration::from_millis(400);

/// Opens file dialogs and collects their answers.
#[derive(Debug)]
pub(super) struct Picker {
    ctx: Context,
    answers: Receiver<Action>,
    sender: SyncSender<Action>,
    open: Arc<AtomicBool>,
}

enum Chosen {
    One(Option<FileHandle>),
    Many(Option<Vec<FileHandle>>),
}

impl Picker {
    /// A picker that wakes the window with its answers.
    pub(super) fn new(ctx: &Context) -> Self {
        let (sender, answers) = sync_channel(ANSWERS);
        Self {
            ctx: ctx.clone(),
            answers,
            sender,
            open: Arc::default(),
        }
    }

    /// Shows a dialog; does nothing while another one is open.
    pub(super) fn open(&self, pick: Pick, state: &AppState) {
        if self.open.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut dialog = AsyncFileDialog::new().set_title(title(&pick));
        if let Some(workspace) = state.open_workspace() {
            dialog = dialog.set_directory(&workspace.root);
        }
        // The dialog is made here (some systems want that on the main thread) and awaited elsewhere.
        let chosen: std::pin::Pin<Box<dyn Future<Output = Chosen> + Send>> = match &pick {
            Pick::OpenWorkspace | Pick::NewWorkspace | Pick::ProtoFolder | Pick::ImportRoot(_) => {
                let folder = dialog.pick_folder();
                Box::pin(async { Chosen::One(folder.await) })
            }
            Pick::ProtoFiles => {
                let files = dialog.add_filter("Proto files", &["proto"]).pick_files();
                Box::pin(async { Chosen::Many(files.await) })
            }
            Pick::DescriptorSet => {
                let files = dialog
                    .add_filter("Descriptor sets", DESCRIPTOR_SETS)
                    .pick_files();
                Box::pin(async { Chosen::Many(files.await) })
            }
            Pick::Settings(SettingsFile::KeyLog, _) => {
                let file = dialog.set_file_name("tls-keys.log").save_file();
                Box::pin(async { Chosen::One(file.await) })
            }
            Pick::Settings(file, _) => {
                let dialog = match file {
                    SettingsFile::ClientP12 => dialog.add_filter("PKCS#12 files", &["p12", "pfx"]),
                    _ => dialog.add_filter("PEM files", &["pem", "crt", "cer", "key"]),
                };
                let file = dialog.add_filter("All files", &["*"]).pick_file();
                Box::pin(async { Chosen::One(file.await) })
            }
            Pick::SaveSchema(_, SaveForm::DescriptorSet) => {
                let dialog = dialog.add_filter("Descriptor sets", DESCRIPTOR_SETS);
                let file = dialog.set_file_name("schema.binpb").save_file();
                Box::pin(async { Chosen::One(file.await) })
            }
            Pick::SaveSchema(_, SaveForm::ProtoFiles) => {
                let folder = dialog.pick_folder();
                Box::pin(async { Chosen::One(folder.await) })
            }
            Pick::Bytes(_) => {
                let file = dialog.pick_file();
                Box::pin(async { Chosen::One(file.await) })
            }
            Pick::SaveLog(_) => {
                let dialog = dialog.add_filter("Logs of Stubless", &[LOG_FILE_EXTENSION]);
                let name = format!("call.{LOG_FILE_EXTENSION}");
                let file = dialog.set_file_name(name).save_file();
                Box::pin(async { Chosen::One(file.await) })
            }
            Pick::OpenLog => {
                let dialog = dialog.add_filter("Logs of Stubless", &[LOG_FILE_EXTENSION]);
                let file = dialog.add_filter("All files", &["*"]).pick_file();
                Box::pin(async { Chosen::One(file.await) })
            }
            Pick::SaveMessages(name) => {
                let file = dialog.set_file_name(name).save_file();
                Box::pin(async { Chosen::One(file.await) })
            }
        };
        let (sender, ctx, open) = (self.sender.clone(), self.ctx.clone(), self.open.clone());
        let thread = std::thread::Builder::new().name("file dialog".to_owned());
        let spawned = thread.spawn(move || {
            let began = Instant::now();
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let paths = match runtime.map(|runtime| runtime.block_on(chosen)) {
                Ok(Chosen::One(file)) => file.map(|f| vec![f.path().to_owned()]),
                Ok(Chosen::Many(files)) => {
                    files.map(|files| files.iter().map(|f| f.path().to_owned()).collect())
                }
                Err(_) => None,
            };
            open.store(false, Ordering::Release);
            let action = match paths {
                Some(paths) => Action::Picked(pick, paths),
                None if began.elapsed() < NEVER_SHOWN => Action::NoPlatformDialog,
                None => Action::Picked(pick, Vec::new()),
            };
            // The window is gone, or drowning in answers nobody can have given.
            let _ = sender.try_send(action);
            ctx.request_repaint();
        });
        if spawned.is_err() {
            self.open.store(false, Ordering::Release);
            let _ = self.sender.try_send(Action::NoPlatformDialog);
        }
    }

    /// Answers that came.
    pub(super) fn take(&self) -> Vec<Action> {
        self.answers.try_iter().collect()
    }

    /// Reads a file into a field of bytes, away from the window's thread.
    pub(super) fn read_bytes(&self, place: BytesPlace, file: PathBuf) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let thread = std::thread::Builder::new().name("file of a field".to_owned());
        let (kept, shown) = (place.clone(), file.display().to_string());
        let spawned = thread.spawn(move || {
            // Waits while the channel is full: the field shows that the file is read until this comes.
            let _ = sender.send(Action::BytesRead(place, base64_of(&file)));
            ctx.request_repaint();
        });
        if let Err(error) = spawned {
            let why = format!("Cannot read `{shown}`: {error}");
            let _ = self.sender.try_send(Action::BytesRead(kept, Err(why)));
        }
    }

    /// Looks at dropped paths away from the window's thread: that reads the disk.
    fn sort_dropped(&self, paths: Vec<PathBuf>) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let thread = std::thread::Builder::new().name("dropped files".to_owned());
        let spawned = thread.spawn(move || {
            for action in sort_dropped(paths, |path| path.is_dir(), Path::is_file) {
                let _ = sender.send(action);
            }
            ctx.request_repaint();
        });
        if spawned.is_err() {
            let _ = self.sender.try_send(Action::NoPlatformDialog);
        }
    }
}

/// The content of a file as base64, or why it cannot be had, in a sentence.
fn base64_of(file: &Path) -> Result<String, String> {
    let shown = file.display();
    let opened = std::fs::File::open(file).map_err(|e| format!("Cannot read `{shown}`: {e}"))?;
    let mut content = Vec::new();
    // Read to the limit whatever the system says of its length: a pipe has none.
    let read = opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut content);
    read.map_err(|e| format!("Cannot read `{shown}`: {e}"))?;
    if content.len() as u64 > MAX_FILE_BYTES {
        let limit = words::bytes(MAX_FILE_BYTES);
        return Err(format!(
            "`{shown}` has more than {limit}: it does not fit into a field"
        ));
    }
    Ok(STANDARD.encode(&content))
}

const DESCRIPTOR_SETS: &[&str] = &["binpb", "pb", "protoset", "desc", "bin", "fds"];

fn title(pick: &Pick) -> &'static str {
    match pick {
        Pick::OpenWorkspace => "Open workspace",
        Pick::NewWorkspace => "Folder of the new workspace",
        Pick::ProtoFiles => "Proto files",
        Pick::ProtoFolder => "Folder of proto files",
        Pick::ImportRoot(_) => "Import root",
        Pick::DescriptorSet => "Descriptor set",
        Pick::Settings(file, _) => file.name(),
        Pick::SaveMessages(..) => "Save messages",
        Pick::SaveLog(_) => "Save log",
        Pick::OpenLog => "Open log",
        Pick::Bytes(_) => "Content of the field",
        Pick::SaveSchema(_, SaveForm::DescriptorSet) => "Save as descriptor set",
        Pick::SaveSchema(_, SaveForm::ProtoFiles) => "Folder for .proto files",
    }
}

/// What dropped paths are: a workspace to open, schema sources to add, or of no use here.
fn sort_dropped(
    paths: Vec<PathBuf>,
    is_folder: impl Fn(&Path) -> bool,
    is_file: impl Fn(&Path) -> bool,
) -> Vec<Action> {
    let mut protos = Vec::new();
    let mut sources = Vec::new();
    let mut unknown = Vec::new();
    let mut logs = Vec::new();
    for path in paths {
        let extension = path
            .extension()
            .map(|e| e.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        if is_folder(&path) {
            if is_file(&path.join("workspace.json")) {
                return vec![Action::OpenWorkspace(path)];
            }
            protos.push(path);
        } else if extension == "proto" {
            protos.push(path);
        } else if extension == LOG_FILE_EXTENSION {
            logs.push(Action::OpenLog(path));
        } else if DESCRIPTOR_SETS.contains(&extension.as_str()) {
            sources.push(SourceSpec::DescriptorSet(path));
        } else if path
            .file_name()
            .is_some_and(|name| name == "workspace.json")
        {
            if let Some(folder) = path.parent() {
                return vec![Action::OpenWorkspace(folder.to_owned())];
            }
        } else {
            unknown.push(path);
        }
    }
    if !protos.is_empty() {
        let files = protos;
        sources.insert(
            0,
            SourceSpec::Protos {
                files,
                roots: Vec::new(),
                exclude: Vec::new(),
            },
        );
    }
    let mut actions = logs;
    if !sources.is_empty() {
        actions.push(Action::AddSources(sources));
    }
    if !unknown.is_empty() {
        actions.push(Action::DroppedUnknown(unknown));
    }
    actions
}

/// In this frame a view takes what is dropped on the window, for itself.
pub(super) fn take_drops(ctx: &Context) {
    let frame = ctx.cumulative_frame_nr();
    ctx.data_mut(|data| data.insert_temp(egui::Id::unique("takes drops"), frame));
}

/// Whether a view took drops in this frame or the last one.
fn are_drops_taken(ctx: &Context) -> bool {
    let taken: Option<u64> = ctx.data(|data| data.get_temp(egui::Id::unique("takes drops")));
    taken.is_some_and(|frame| frame + 1 >= ctx.cumulative_frame_nr())
}

/// Takes files that were dropped on the window; what they are comes back through the picker.
pub(super) fn dropped(ctx: &Context, picker: &Picker) -> Vec<Action> {
    let files = ctx.input(|input| input.raw.dropped_files.clone());
    if files.is_empty() || are_drops_taken(ctx) {
        return Vec::new();
    }
    let paths = files.iter().map(|file| file.path().to_owned()).collect();
    picker.sort_dropped(paths);
    Vec::new()
}

/// While files hover over the window: what dropping them does.
pub(super) fn drop_hint(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = Tokens::of_ctx(ctx);
    let painter = ctx.layer_painter(LayerId::new(
        Order::Foreground,
        egui::Id::unique("drop hint"),
    ));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, tokens.scrim);
    painter.rect_stroke(
        rect.shrink(12.0),
        f32::from(radius::L),
        Stroke::new(2.0, tokens.line.focus),
        StrokeKind::Inside,
    );
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        "Drop a workspace folder or a log to open it, proto files or descriptor sets to add them",
        font::title(),
        tokens.text.on_fill,
    );
}

/// What is pasted elsewhere than into the text it is meant for. The dialog for pasted texts takes it
/// while it is empty. A command would only be nonsense in the target, so that it opens the dialog; in
/// another field it may be meant, and is offered.
pub(super) fn pasted(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    let awaited = match &state.dialog {
        Some(Dialog::Paste(editor)) => editor.text.is_empty(),
        Some(_) => return,
        None => false,
    };
    if state.palette.is_some() {
        return;
    }
    let in_target = ctx.memory(|memory| memory.has_focus(super::address::target_id()));
    ctx.input_mut(|input| {
        let wanted = |event: &Event| match event {
            Event::Paste(text) if awaited || is_command(text) => Some(text.clone()),
            _ => None,
        };
        let mut events = input.events.iter().enumerate();
        let Some((at, text)) = events.find_map(|(at, event)| Some((at, wanted(event)?))) else {
            return;
        };
        if awaited || in_target {
            input.events.remove(at);
            actions.push(Action::Paste(text));
        } else if state.dialog.is_none() {
            actions.push(Action::OfferPaste(text));
        }
    });
}

/// Cheap: a frame asks it of whatever is pasted.
fn is_command(text: &str) -> bool {
    let text = text.trim_start();
    let starts_as_body = text.starts_with(['{', '[', '"']);
    !starts_as_body && looks_like_command(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_to_the_limit_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("content");
        let limit = usize::try_from(MAX_FILE_BYTES).unwrap();
        for (length, expected) in [(0, Some(0)), (limit, Some(limit)), (limit + 1, None)] {
            std::fs::write(&file, vec![7; length]).unwrap();
            let read = base64_of(&file).map(|base64| STANDARD.decode(base64).unwrap().len());
            assert_eq!(read.as_ref().ok().copied(), expected, "{length}: {read:?}");
        }
        let missing = base64_of(&folder.path().join("missing")).unwrap_err();
        assert!(missing.starts_with("Cannot read `"), "{missing}");
        assert!(base64_of(folder.path()).is_err(), "a folder");
    }

    #[test]
    fn dropped_paths_are_told_apart() {
        let folders = ["ws", "protos"];
        let is_folder = |path: &Path| folders.iter().any(|f| path == Path::new(f));
        let is_file = |path: &Path| path == Path::new("ws/workspace.json");
        let sort = |paths: &[&str]| {
            let paths = paths.iter().map(PathBuf::from).collect();
            format!("{:?}", sort_dropped(paths, is_folder, is_file))
        };
        let cases: [(&str, &[&str], &[&str]); 6] = [
            (
                "logs",
                &["a.stublesslog", "b.stublesslog"],
                &["OpenLog(\"a.stublesslog\")", "OpenLog(\"b.stublesslog\")"],
            ),
            ("a workspace", &["ws"], &["OpenWorkspace(\"ws\")"]),
            (
                "its file",
                &["ws/workspace.json"],
                &["OpenWorkspace(\"ws\")"],
            ),
            (
                "protos and a folder of them become one source",
                &["a.proto", "protos"],
                &[
                    "AddSources([Protos { files: [\"a.proto\", \"protos\"], roots: [], exclude: [] }])",
                ],
            ),
            (
                "a descriptor set",
                &["x.BINPB"],
                &["AddSources([DescriptorSet(\"x.BINPB\")])"],
            ),
            (
                "something else beside a proto",
                &["cat.png", "a.proto"],
                &["AddSources", "DroppedUnknown([\"cat.png\"])"],
            ),
        ];
        for (name, given, expected) in cases {
            let found = sort(given);
            for part in expected {
                assert!(found.contains(part), "{name}: {found}");
            }
        }
    }
}
