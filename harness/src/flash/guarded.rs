//! The espflash library panics on some answers that arrive damaged (seen with 4.7: a length that says more than is there). A bad cable must
//! not end a run of several boards, so such a panic is an error of the line here.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::FlashError;

thread_local! {
    /// Whether a panic of this thread is caught and told as an error.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls the library; what it holds is dropped when it panics.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, FlashError>) -> Result<T, FlashError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                usual(info);
            }
        }));
    });
    IS_GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    IS_GUARDED.set(false);
    result.unwrap_or_else(|_| {
        Err(FlashError::Line { why: "an answer arrived damaged, and nobody can read it".into() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_library_is_an_error_of_the_line() {
        let error = guarded::<()>(|| panic!("range end index 1816 out of range"));
        assert!(matches!(error, Err(FlashError::Line { .. })), "{error:?}");
        assert_eq!(guarded(|| Ok(7)).ok(), Some(7));
    }
}
