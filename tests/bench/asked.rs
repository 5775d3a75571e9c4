//! Which of a benchmark's measures are asked for.

/// The measures by name; all of them where none is named.
pub(crate) struct Asked(Vec<String>);

impl Asked {
    /// Of the command line; none where it names something else, which is told.
    pub(crate) fn of(measures: &[&str]) -> Option<Self> {
        // Cargo says `--bench` besides.
        let words: Vec<String> =
            std::env::args().skip(1).filter(|word| word != "--bench").collect();
        if let Some(word) = words.iter().find(|word| !measures.contains(&word.as_str())) {
            eprintln!("no measure is named {word}; there are {}", measures.join(", "));
            return None;
        }
        Some(Self(words))
    }

    pub(crate) fn has(&self, measure: &str) -> bool {
        self.is_whole() || self.0.iter().any(|word| word == measure)
    }

    /// Whether all are measured: only then the document is written.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }
}
