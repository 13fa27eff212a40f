//! Rust files as the laws see them: without comments, without what stands in quotes, without tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the tests lie"))
        .parent()
        .expect("xtask lies in the repository")
        .to_path_buf()
}

/// One Rust file.
pub struct RustFile {
    /// Path from the repository, with `/`.
    pub path: String,
    /// Whether it holds nothing but tests, examples or benches, which run on the developer's machine alone.
    pub for_tests: bool,
    /// Its code.
    pub code: Code,
    text: String,
}

impl RustFile {
    /// Lines that are neither empty nor documentation nor tests.
    pub fn code_lines(&self) -> usize {
        let kept: Vec<bool> = self.code.tests.iter().map(|t| !t).collect();
        self.text
            .lines()
            .zip(kept)
            .filter(|(l, kept)| *kept && !l.trim().is_empty() && !l.trim_start().starts_with("///") && !l.trim_start().starts_with("//!"))
            .count()
    }
}

/// All Rust files of the repository.
pub fn rust_files() -> Vec<RustFile> {
    let root = repository();
    let mut found: Vec<(PathBuf, String)> = vec![];
    for part in ["crates", "xtask"] {
        walk(&root.join(part), &mut |path| {
            if path.extension().is_some_and(|e| e == "rs") {
                found.push((path.to_path_buf(), fs::read_to_string(path).expect("a file that was just listed")));
            }
        });
    }
    // Files that are modules of tests alone: `#[cfg(test)] mod name;`.
    let test_modules: Vec<PathBuf> = found.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let mut out: Vec<RustFile> = found
        .into_iter()
        .map(|(path, text)| {
            let relative = path.strip_prefix(&root).expect("it lies in the repository").display().to_string().replace('\\', "/");
            let for_tests = ["/tests/", "/examples/", "/benches/"].iter().any(|f| relative.contains(f))
                || test_modules.iter().any(|m| path == m.with_extension("rs") || path.starts_with(m));
            RustFile { path: relative, for_tests, code: Code::of(&text), text }
        })
        .collect();
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

/// Paths without ending of the modules that a file declares for tests alone.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let folder = if ["lib", "main", "mod"].contains(&stem) {
        path.parent().expect("a file lies in a folder").to_path_buf()
    } else {
        path.with_extension("")
    };
    let mut lines = text.lines().map(str::trim);
    let mut out = vec![];
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]"
            && let Some(name) =
                lines.next().and_then(|l| l.trim_start_matches("pub(crate) ").strip_prefix("mod ")).and_then(|l| l.strip_suffix(';'))
        {
            out.push(folder.join(name));
        }
    }
    out
}

/// Calls `visit` with every file below a folder, build outputs and hidden folders apart.
pub fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, visit);
            }
        } else {
            visit(&path);
        }
    }
}

/// A text of which comments, quotes and tests are blank. Lines stay where they are.
pub struct Code {
    /// The text.
    pub text: String,
    /// For every line, whether it belongs to a module of tests.
    tests: Vec<bool>,
}

impl Code {
    /// Blanks what is no code.
    pub fn of(source: &str) -> Code {
        let mut text = blank(source);
        let mut tests = vec![false; source.lines().count()];
        while let Some((start, end)) = test_block(&text) {
            let first = text[..start].matches('\n').count();
            let last = text[..end].matches('\n').count();
            tests.iter_mut().take(last + 1).skip(first).for_each(|t| *t = true);
            let gap: String = text[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            text.replace_range(start..end, &gap);
        }
        Code { text, tests }
    }

    /// Lines (from 1) in which a word stands, not as a part of a longer one.
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        let part_of_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let holds = |line: &str| {
            line.match_indices(word)
                .any(|(k, _)| !part_of_name(line[..k].chars().next_back()) && !part_of_name(line[k + word.len()..].chars().next()))
        };
        self.text.lines().enumerate().filter(|(_, l)| holds(l)).map(|(k, _)| k + 1).collect()
    }
}

/// From `#[cfg(test)]` to the end of the braces after `mod`.
fn test_block(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(start) = text[from..].find("#[cfg(test)]").map(|k| k + from) {
        let after = start + "#[cfg(test)]".len();
        if text[after..].trim_start().starts_with("mod ") {
            let brace = text[after..].find(['{', ';'])? + after;
            if text[brace..].starts_with('{') {
                let mut depth = 0;
                for (k, c) in text[brace..].char_indices() {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    if depth == 0 {
                        return Some((start, brace + k + 1));
                    }
                }
            }
        }
        from = after;
    }
    None
}

/// Comments and the inside of quotes become blanks.
fn blank(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut k = 0;
    let at = |k: usize| chars.get(k).copied().unwrap_or('\0');
    while k < chars.len() {
        let end = match at(k) {
            '/' if at(k + 1) == '/' => (k..chars.len()).find(|j| chars[*j] == '\n').unwrap_or(chars.len()),
            '/' if at(k + 1) == '*' => block_end(&chars, k),
            '"' => quote_end(&chars, k),
            'r' if (at(k + 1) == '"' || at(k + 1) == '#') && !(k > 0 && (at(k - 1).is_alphanumeric() || at(k - 1) == '_')) => {
                raw_end(&chars, k)
            }
            '\'' if at(k + 1) == '\\' => (k + 3..chars.len()).find(|j| chars[*j] == '\'').map_or(chars.len(), |j| j + 1),
            '\'' if at(k + 2) == '\'' => k + 3,
            _ => k,
        };
        if end == k {
            out.push(chars[k]);
            k += 1;
        } else {
            out.extend(chars[k..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            k = end;
        }
    }
    out
}

fn block_end(chars: &[char], start: usize) -> usize {
    let (mut k, mut depth) = (start, 0);
    while k + 1 < chars.len() {
        match (chars[k], chars[k + 1]) {
            ('/', '*') => (depth, k) = (depth + 1, k + 2),
            ('*', '/') if depth == 1 => return k + 2,
            ('*', '/') => (depth, k) = (depth - 1, k + 2),
            _ => k += 1,
        }
    }
    chars.len()
}

fn quote_end(chars: &[char], start: usize) -> usize {
    let mut k = start + 1;
    while k < chars.len() {
        match chars[k] {
            '\\' => k += 2,
            '"' => return k + 1,
            _ => k += 1,
        }
    }
    chars.len()
}

/// End of `r"..."` or `r#"..."#`; the start itself when it is neither (`r#name`).
fn raw_end(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    (open + 1..chars.len())
        .find(|k| chars[*k] == '"' && chars[k + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes)
        .map_or(chars.len(), |k| k + 1 + hashes)
}
