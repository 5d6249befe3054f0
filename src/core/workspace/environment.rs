//! Environments: variables by name.

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variable {
    /// Name, as used in `{{ name }}`.
    pub name: String,
    /// Value; of a secret, what was typed in this session. A secret's value is never written to disk.
    pub value: String,
    /// Only the name is saved.
    pub secret: bool,
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
