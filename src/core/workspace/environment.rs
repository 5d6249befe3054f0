//! Environments: variables by name. A secret's value never leaves this program's memory by a file.

use std::fmt;

use super::{
    edit::{Editor, Step},
    json::{self, Members},
    redact::HIDDEN,
    request::{edit_list, edit_optional, edit_value},
};

/// A variable.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Variable {
    /// Name, as used in `{{ name }}`.
    pub name: String,
    /// Value; of a secret, what was typed in this session. A secret's value is never written to disk.
    pub value: String,
    /// Only the name is saved.
    pub secret: bool,
}

impl fmt::Debug for Variable {
    /// A secret's value stays out of logs, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.secret { HIDDEN } else { &self.value };
        f.debug_struct("Variable")
            .field("name", &self.name)
            .field("value", &value)
            .field("secret", &self.secret)
            .finish()
    }
}

/// `environments/<name>.json`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentFile {
    /// Name, the file's stem.
    pub name: String,
    /// Colour name of the theme (`red`, `amber`, `green`, `blue`, `purple`), if any.
    pub color: Option<String>,
    /// Ask before every call.
    pub production: bool,
    /// Variables in the order of the file.
    pub variables: Vec<Variable>,
}

const KEYS: [&str; 4] = ["name", "color", "production", "variables"];
const VARIABLE_KEYS: [&str; 3] = ["name", "value", "secret"];

impl EnvironmentFile {
    /// Reads an environment. `stem` is its name where the file gives none.
    ///
    /// # Errors
    /// `line:column: reason`.
    pub(super) fn parse(text: &str, stem: &str) -> Result<Self, String> {
        let root = json::parse(text)?;
        let file = Members::of(text, &root, "the environment")?;
        let variable = |item: Members<'_>| {
            let secret = item.boolean("secret")?.unwrap_or(false);
            let value = item.string("value")?.unwrap_or_default();
            Ok(Variable {
                name: item
                    .string("name")?
                    .ok_or_else(|| item.error("`name` is missing"))?,
                value: if secret { String::new() } else { value },
                secret,
            })
        };
        let variables = file.objects("variables")?.into_iter().map(variable);
        Ok(Self {
            name: file.string("name")?.unwrap_or_else(|| stem.to_owned()),
            color: file.string("color")?,
            production: file.boolean("production")?.unwrap_or(false),
            variables: variables.collect::<Result<_, String>>()?,
        })
    }

    /// Writes what differs between `old` (what the text holds) and `new` into the text.
    ///
    /// # Errors
    /// When the text cannot be edited.
    pub(super) fn edit(text: String, old: &Self, new: &Self) -> Result<String, String> {
        let (old, new) = (old.without_secrets(), new.without_secrets());
        let mut editor = Editor::new(text);
        let e = &mut editor;
        if old.name != new.name {
            e.set(&[], "name", &json::quoted(&new.name), &KEYS)?;
        }
        let color = (old.color.as_deref(), new.color.as_deref());
        edit_optional(e, &[], "color", color.0, color.1, &KEYS)?;
        if old.production != new.production {
            let value = new.production.then_some("true");
            edit_value(e, &[], "production", value, &KEYS)?;
        }
        edit_list(
            e,
            "variables",
            &old.variables,
            &new.variables,
            &KEYS,
            format_variable,
            patch_variable,
        )?;
        Ok(editor.into_text())
    }

    /// As it is written: secrets by name alone.
    pub(super) fn without_secrets(&self) -> Self {
        let mut out = self.clone();
        for variable in &mut out.variables {
            if variable.secret {
                variable.value.clear();
            }
        }
        out
    }
}

fn format_variable(variable: &Variable) -> String {
    let name = json::quoted(&variable.name);
    if variable.secret {
        format!("{{ \"name\": {name}, \"secret\": true }}")
    } else {
        let value = json::quoted(&variable.value);
        format!("{{ \"name\": {name}, \"value\": {value} }}")
    }
}

fn patch_variable(
    editor: &mut Editor,
    at: &[Step<'_>],
    old: &Variable,
    new: &Variable,
) -> Result<(), String> {
    let keys = &VARIABLE_KEYS;
    if old.name != new.name {
        editor.set(at, "name", &json::quoted(&new.name), keys)?;
    }
    if new.secret {
        // Also what a person wrote there by hand: a secret is not to lie in the workspace.
        editor.remove(at, "value")?;
    } else if old.value != new.value || old.secret {
        editor.set(at, "value", &json::quoted(&new.value), keys)?;
    }
    if old.secret != new.secret {
        edit_value(editor, at, "secret", new.secret.then_some("true"), keys)?;
    }
    Ok(())
}
