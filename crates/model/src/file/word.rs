//! Exchanging the one word.

use super::walk::kind;
use homolog_base::{Diagnostic, Source};
use toml::de::{DeTable, DeValue};

/// The text of the same file in which the population's neuron is `word`, and not one other byte is different.
///
/// # Errors
/// The text is not TOML, there is no such population, it names no neuron, or `word` could not be a name.
pub fn with_neuron(source: &Source, population: &str, word: &str) -> Result<String, Diagnostic> {
    let shared = || Source::new(source.name.clone(), source.text.clone());
    if word.is_empty() || word.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        return Err(Diagnostic::error("model-name", format!("`{word}` cannot be the name of a neuron")));
    }
    let document = DeTable::parse(&source.text).map_err(|e| {
        Diagnostic::error("model-syntax", e.message().to_string()).at(&shared(), e.span().unwrap_or(0..0), "not understood here")
    })?;
    let all = document.get_ref().get("population").and_then(|p| p.get_ref().as_table());
    let Some(entry) = all.and_then(|t| t.get(population)) else {
        let names = all.into_iter().flat_map(|t| t.keys().map(|k| k.get_ref().as_ref()));
        return Err(Diagnostic::error("model-unknown-population", format!("there is no population `{population}` in {}", source.name))
            .suggest(population, names));
    };
    match entry.get_ref().get("neuron") {
        Some(v) if matches!(v.get_ref(), DeValue::String(_)) => {
            let span = v.span();
            let quote = if source.text[span.clone()].starts_with('\'') && !word.contains('\'') { '\'' } else { '"' };
            Ok(format!("{}{quote}{word}{quote}{}", &source.text[..span.start], &source.text[span.end..]))
        }
        Some(v) => Err(Diagnostic::error("model-wrong-type", "`neuron` must be a string").at(
            &shared(),
            v.span(),
            format!("found {}", kind(v.get_ref())),
        )),
        None => Err(Diagnostic::error("model-missing-key", format!("`population.{population}` does not say its `neuron`")).at(
            &shared(),
            entry.span(),
            "`neuron` is missing",
        )),
    }
}
