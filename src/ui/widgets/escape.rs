//! Whose Escape it is: one rule, so that one press never does two things.
//!
//! egui takes the keyboard away on Escape before a frame is drawn, so nobody can ask in that frame who had
//! it. What would close or clear something says so whenever it is drawn, and the Escape of the next frame
//! is its own: that of a field with the keyboard, else that of the view in front, else that of the command
//! with this shortcut. Popups and dialogs come before all of them.

use egui::{Context, Event, Id, Key};

/// Who noted, and in which pass.
#[derive(Debug, Clone, Copy)]
struct Note {
    pass: u64,
    owner: Id,
}

fn field_key() -> Id {
    Id::unique("escape-of-field")
}

fn view_key() -> Id {
    Id::unique("escape-of-view")
}

fn note(ctx: &Context, key: Id, owner: Id) {
    let pass = ctx.cumulative_pass_nr();
    ctx.data_mut(|data| data.insert_temp(key, Note { pass, owner }));
}

/// The owner of a note of this frame or the one before.
fn noted(ctx: &Context, key: Id) -> Option<Id> {
    let note: Option<Note> = ctx.data(|data| data.get_temp(key));
    let note = note.filter(|note| note.pass + 1 >= ctx.cumulative_pass_nr());
    note.map(|note| note.owner)
}

/// Escape belongs to what draws now, because it has the keyboard or is open in front.
pub(in crate::ui) fn keep_escape_from(ctx: &Context) {
    note(ctx, field_key(), field_key());
}

/// Escape belongs to a view that would close something with it, unless a text field has the keyboard, or a
/// popup or dialog is open.
pub(in crate::ui) fn keep_escape_for_view(ctx: &Context, owner: Id) {
    let modal = ctx.memory(|memory| memory.top_modal_layer().is_some());
    if !modal && !ctx.text_edit_focused() && !egui::Popup::is_any_open(ctx) {
        note(ctx, view_key(), owner);
    }
}

/// Whether Escape belongs to something on screen, and to no command.
pub fn takes_escape(ctx: &Context) -> bool {
    noted(ctx, field_key()).or(noted(ctx, view_key())).is_some()
}

/// Takes the Escape that was pressed, where it is this view's.
pub(in crate::ui) fn take_escape(ctx: &Context, owner: Id) -> bool {
    if noted(ctx, field_key()).is_some() || noted(ctx, view_key()) != Some(owner) {
        return false;
    }
    ctx.input_mut(|input| {
        let pressed = input.key_pressed(Key::Escape);
        let escape = |event: &Event| {
            matches!(
                event,
                Event::Key {
                    key: Key::Escape,
                    ..
                }
            )
        };
        input.events.retain(|event| !escape(event));
        pressed
    })
}
