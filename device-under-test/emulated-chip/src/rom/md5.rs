//! MD5, by which programs check the partition table. What was hashed so far is kept here; the program's context is only its name.

use std::collections::BTreeMap;

use md5::{Digest, Md5};

use super::call::{Call, Next};

/// Hashes at once; a program that begins more forgets the first.
const CONTEXTS_MAX: usize = 16;

/// Hashes that were begun, by the address of their context.
#[derive(Debug, Default)]
pub(crate) struct Md5Contexts(BTreeMap<u32, Md5>);

/// `(context)`.
pub(super) fn begin(call: &mut Call<'_>) -> Next {
    if call.md5.0.len() >= CONTEXTS_MAX {
        call.md5.0.pop_first();
    }
    let context = call.argument(0);
    call.md5.0.insert(context, Md5::new());
    Next::Return { cost: 20 }
}

/// `(context, bytes, length)`.
pub(super) fn update(call: &mut Call<'_>) -> Next {
    let (context, at, length) = (call.argument(0), call.argument(1), call.argument(2));
    let bytes = match call.load_bytes(at, length) {
        Ok(bytes) => bytes,
        Err(fault) => return fault,
    };
    call.md5.0.entry(context).or_default().update(&bytes);
    Next::Return { cost: 20 + 10 * u64::from(length) }
}

/// `(digest, context)`.
pub(super) fn finish(call: &mut Call<'_>) -> Next {
    let (to, context) = (call.argument(0), call.argument(1));
    let digest = call.md5.0.remove(&context).unwrap_or_default().finalize();
    match call.store_bytes(to, &digest) {
        Ok(()) => Next::Return { cost: 700 },
        Err(fault) => fault,
    }
}
