//! A lent piece of memory that is filled from its beginning.

/// Bytes written one after another into lent memory; what does not fit is not written at all.
#[derive(Debug)]
pub(crate) struct Buffer<'a> {
    bytes: &'a mut [u8],
    length: usize,
    overflown: bool,
}

impl<'a> Buffer<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, length: 0, overflown: false }
    }

    /// Whether something did not fit since the last [`Buffer::back_to`].
    pub(crate) const fn is_overflown(&self) -> bool {
        self.overflown
    }

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Bytes that still fit.
    pub(crate) const fn room(&self) -> usize {
        self.bytes.len() - self.length
    }

    pub(crate) fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        match self.bytes.get_mut(self.length..end) {
            Some(room) if !self.overflown => {
                room.copy_from_slice(bytes);
                self.length = end;
            }
            _ => self.overflown = true,
        }
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.push(text.as_bytes());
    }

    /// Replaces bytes that were written earlier; does nothing when there are none at that place.
    pub(crate) fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        let end = at.saturating_add(bytes.len()).min(self.length);
        if let Some(place) = self.bytes.get_mut(at..end)
            && place.len() == bytes.len()
        {
            place.copy_from_slice(bytes);
        }
    }

    /// Forgets all that was written after the first `length` bytes.
    pub(crate) fn back_to(&mut self, length: usize) {
        self.length = self.length.min(length);
        self.overflown = false;
    }
}
