//! Everything on disk that belongs to the person: workspaces, recent ones, the window's state.
//!
//! One worker owns the open workspace and does what it is told in order, so two edits never meet.
//! What was handed over is done before the program ends: the worker empties its queue first.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use tokio::sync::mpsc;

use super::{Event, Ticket, WorkspaceEdit, outbox::Outbox};
use crate::{
    call::{Failure, workspace_failure},
    workspace::{
        AppDirs, LogSettings, Recent, Undo, WindowState, Workspace, WorkspaceError, install_sample,
    },
};

/// What the worker is told.
pub(super) enum Job {
    Open(Option<PathBuf>),
    Create { path: PathBuf, name: String },
    Edit(Ticket, WorkspaceEdit),
    Remember(Recent),
    RememberWindow(WindowState),
    RememberLogs(LogSettings),
}

/// The worker.
pub(super) struct Files {
    dirs: AppDirs,
    outbox: Outbox,
    workspace: Option<Workspace>,
}

impl Files {
    pub(super) fn new(dirs: AppDirs, outbox: Outbox) -> Self {
        Self {
            dirs,
            outbox,
            workspace: None,
        }
    }

    /// Works until every sender is gone and the queue is empty. Blocking.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        self.dirs.empty_old_trash();
        while let Some(job) = jobs.blocking_recv() {
            let ticket = match &job {
                Job::Edit(ticket, _) => Some(*ticket),
                Job::Open(_)
                | Job::Create { .. }
                | Job::Remember(_)
                | Job::RememberLogs(_)
                | Job::RememberWindow(_) => None,
            };
            if catch_unwind(AssertUnwindSafe(|| self.work(job))).is_err() {
                let failure = Box::new(super::defect("A file operation"));
                self.outbox.push(match ticket {
                    Some(ticket) => Event::EditFailed(ticket, failure),
                    None => Event::Notice(failure),
                });
            }
        }
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Open(Some(path)) => {
                let opened = Workspace::open(&path);
                self.opened(opened);
            }
            Job::Open(None) => self.open_last(),
            Job::Create { path, name } => {
                let created = Workspace::create(&path, &name);
                self.opened(created);
            }
            Job::Edit(ticket, edit) => self.edit(ticket, edit),
            Job::Remember(recent) => {
                if let Err(error) = self.dirs.remember(&recent) {
                    tracing::warn!(%error, "remembering the workspace");
                }
            }
            Job::RememberLogs(settings) => {
                if let Err(error) = self.dirs.save_logs(&settings) {
                    tracing::warn!(%error, "keeping the limits of logs");
                }
            }
            Job::RememberWindow(state) => {
                if let Err(error) = self.dirs.save_window(&state) {
                    tracing::warn!(%error, "keeping the window's state");
                }
            }
        }
    }

    /// The workspace used last that still opens, or the sample. One that does not open is told, and
    /// stays in the list: its disk may only be away.
    fn open_last(&mut self) {
        if let Some(last) = self.dirs.recent().first() {
            match Workspace::open(&last.path) {
                Ok(workspace) => return self.opened(Ok(workspace)),
                Err(error) => {
                    let failure = Box::new(workspace_failure(&error));
                    self.outbox.push(Event::Notice(failure));
                }
            }
        }
        let sample = install_sample(&self.dirs).and_then(|path| Workspace::open(&path));
        self.opened(sample);
    }

    fn opened(&mut self, opened: Result<Workspace, WorkspaceError>) {
        let workspace = match opened {
            Ok(workspace) => workspace,
            Err(error) => {
                let failure = Box::new(workspace_failure(&error));
                return self.outbox.push(Event::WorkspaceFailed(failure));
            }
        };
        let known = self.dirs.recent();
        let known = known.into_iter().find(|r| r.path == workspace.root);
        let recent = known.unwrap_or_else(|| Recent {
            path: workspace.root.clone(),
            ..Recent::default()
        });
        if let Err(error) = self.dirs.remember(&recent) {
            tracing::warn!(%error, "remembering the workspace");
        }
        self.workspace = Some(workspace.clone());
        self.outbox
            .push(Event::WorkspaceOpened(Box::new(workspace), recent));
        self.outbox.push(Event::Recents(self.dirs.recent()));
    }

    fn edit(&mut self, ticket: Ticket, edit: WorkspaceEdit) {
        let Some(workspace) = &mut self.workspace else {
            let failure = Failure {
                summary: "No workspace is open".to_owned(),
                hint: "Open one, or make a new one".to_owned(),
                ..Failure::default()
            };
            return self
                .outbox
                .push(Event::EditFailed(ticket, Box::new(failure)));
        };
        let trash = self.dirs.trash();
        let only_read = edit == WorkspaceEdit::Reload;
        let (path, undo) = match apply(workspace, edit, &trash) {
            Ok(done) => done,
            Err(error) => {
                let failure = Box::new(workspace_failure(&error));
                return self.outbox.push(Event::EditFailed(ticket, failure));
            }
        };
        if let Err(error) = workspace.reload() {
            let failure = Box::new(workspace_failure(&error));
            if only_read {
                return self.outbox.push(Event::EditFailed(ticket, failure));
            }
            // The edit was done all the same, and how to take it back must reach the window.
            self.outbox.push(Event::Notice(failure));
        }
        self.outbox.push(Event::WorkspaceChanged {
            ticket,
            workspace: Box::new(workspace.clone()),
            path,
            undo,
        });
    }
}

type Done = (Option<PathBuf>, Option<Undo>);

fn apply(
    workspace: &Workspace,
    edit: WorkspaceEdit,
    trash: &std::path::Path,
) -> Result<Done, WorkspaceError> {
    let at = |path| Ok((Some(path), None));
    let nothing = Ok((None, None));
    match edit {
        WorkspaceEdit::SaveRequest { path, base, new } => {
            workspace.save_request(&path, &base, &new)?;
            at(path)
        }
        WorkspaceEdit::CreateRequest { folder, request } => {
            at(workspace.create_request(&folder, &request)?)
        }
        WorkspaceEdit::CreateRequests {
            folder,
            new_folder,
            requests,
        } => at(workspace.create_requests(&folder, new_folder.as_deref(), &requests)?),
        WorkspaceEdit::CreateFolder { parent, name } => {
            at(workspace.create_folder(&parent, &name)?)
        }
        WorkspaceEdit::Rename { path, name } => at(workspace.rename(&path, &name)?),
        WorkspaceEdit::Move { path, folder } => at(workspace.move_to(&path, &folder)?),
        WorkspaceEdit::Delete { path } => Ok((None, Some(workspace.delete(&path, trash)?))),
        WorkspaceEdit::Restore { undo } => {
            workspace.restore(&undo)?;
            at(undo.path)
        }
        WorkspaceEdit::SaveFile { file } => {
            workspace.save_file(&file)?;
            nothing
        }
        WorkspaceEdit::SaveEnvironment { environment } => {
            workspace.save_environment(&environment)?;
            nothing
        }
        WorkspaceEdit::DeleteEnvironment { name } => {
            Ok((None, Some(workspace.delete_environment(&name, trash)?)))
        }
        WorkspaceEdit::Reload => nothing,
    }
}
