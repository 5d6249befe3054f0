//! Makes the tree of an expression ready to run: presence is asked for by a function, since the
//! interpreter asks a message for a field either way, and what can grow pays for it.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators},
};

/// Levels of a tree. Running one takes some kilobytes of stack a level.
const MAX_DEPTH: usize = 256;
/// Levels of brackets in a text, which cost the parser more than others.
const MAX_BRACKETS: usize = 48;

/// Whether a message has a field: `@has(message, "field")`.
pub(super) const HAS: &str = "@has";
/// Pays for a loop over a list: `@range(list, units_an_item)`.
pub(super) const RANGE: &str = "@range";
/// Pays for a value: `@sized(value)`.
pub(super) const SIZED: &str = "@sized";

/// Functions of texts whose result may be longer than what they are given.
const GROWING: [&str; 4] = ["replace", "join", "format", operators::ADD];

/// # Errors
/// Brackets are nested too deeply for the parser.
pub(super) fn check_nesting(source: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKETS {
            return Err("the expression is nested too deeply".to_owned());
        }
    }
    Ok(())
}

/// # Errors
/// The expression is nested too deeply.
pub(super) fn prepare(mut tree: IdedExpr) -> Result<IdedExpr, String> {
    if depth(&tree, 0) > MAX_DEPTH {
        return Err("the expression is nested too deeply".to_owned());
    }
    rewrite(&mut tree, None);
    Ok(tree)
}

fn children(expr: &Expr) -> Vec<&IdedExpr> {
    match expr {
        Expr::Call(call) => call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect(),
        Expr::Comprehension(it) => vec![
            &it.iter_range,
            &it.accu_init,
            &it.loop_cond,
            &it.loop_step,
            &it.result,
        ],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => entries(&map.entries),
        Expr::Struct(it) => entries(&it.entries),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Vec::new(),
    }
}

fn entries(entries: &[cel::common::ast::IdedEntryExpr]) -> Vec<&IdedExpr> {
    let parts = entries.iter().flat_map(|entry| match &entry.expr {
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        EntryExpr::StructField(field) => vec![&field.value],
    });
    parts.collect()
}

fn depth(tree: &IdedExpr, above: usize) -> usize {
    let children = children(&tree.expr);
    let below = children.into_iter().map(|child| depth(child, above + 1));
    below.max().unwrap_or(above + 1)
}

fn size(tree: &IdedExpr) -> i64 {
    1 + children(&tree.expr).into_iter().map(size).sum::<i64>()
}

/// `accumulator`: what the loop around collects in. `list + [item]` on it has to stay as it is: so it
/// is recognized and done in place.
fn rewrite(tree: &mut IdedExpr, accumulator: Option<&str>) {
    match &mut tree.expr {
        Expr::Call(call) => {
            if let Some(target) = &mut call.target {
                rewrite(target, accumulator);
            }
            for arg in &mut call.args {
                rewrite(arg, accumulator);
            }
            let first = call.args.first().map(|arg| &arg.expr);
            let collects = call.func_name == operators::ADD
                && matches!(first, Some(Expr::Ident(name)) if Some(name.as_str()) == accumulator);
            if GROWING.contains(&call.func_name.as_str()) && !collects {
                wrap(tree, SIZED, None);
            }
        }
        Expr::Comprehension(it) => {
            rewrite(&mut it.iter_range, accumulator);
            let units = size(&it.loop_cond) + size(&it.loop_step) + size(&it.result);
            wrap(&mut it.iter_range, RANGE, Some(literal(units)));
            let own = it.accu_var.clone();
            for part in [
                &mut it.accu_init,
                &mut it.loop_cond,
                &mut it.loop_step,
                &mut it.result,
            ] {
                rewrite(part, Some(&own));
            }
        }
        Expr::List(list) => list.elements.iter_mut().for_each(rewrite_made(accumulator)),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    rewrite(&mut entry.key, accumulator);
                    rewrite_made(accumulator)(&mut entry.value);
                }
            }
        }
        Expr::Struct(it) => {
            for entry in &mut it.entries {
                if let EntryExpr::StructField(field) = &mut entry.expr {
                    rewrite(&mut field.value, accumulator);
                }
            }
        }
        Expr::Select(select) => {
            rewrite(&mut select.operand, accumulator);
            if select.test {
                let field = std::mem::take(&mut select.field);
                let operand = std::mem::take(&mut *select.operand);
                *tree = IdedExpr {
                    id: tree.id,
                    expr: Expr::Call(CallExpr {
                        func_name: HAS.to_owned(),
                        target: None,
                        args: vec![
                            operand,
                            IdedExpr {
                                id: tree.id,
                                expr: Expr::Literal(LiteralValue::String(field.into())),
                            },
                        ],
                    }),
                };
            }
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

/// Rewrites what is copied into a list or a map.
fn rewrite_made(accumulator: Option<&str>) -> impl Fn(&mut IdedExpr) {
    move |item| {
        rewrite(item, accumulator);
        if !matches!(item.expr, Expr::Literal(_)) {
            wrap(item, SIZED, None);
        }
    }
}

fn literal(number: i64) -> IdedExpr {
    IdedExpr {
        id: 0,
        expr: Expr::Literal(LiteralValue::Int(number.into())),
    }
}

fn wrap(tree: &mut IdedExpr, function: &str, more: Option<IdedExpr>) {
    let inner = std::mem::take(tree);
    *tree = IdedExpr {
        id: inner.id,
        expr: Expr::Call(CallExpr {
            func_name: function.to_owned(),
            target: None,
            args: std::iter::once(inner).chain(more).collect(),
        }),
    };
}
