//! The program on our core, with nothing around it but memory.

use emulated_chip::core::{Bus, Exit, Fault, Hart, Width};

use crate::program::{CODE_AT, MEMORY_AT, MEMORY_BYTES};

/// Where traps go: no code is there.
const TRAPS_AT: u32 = 0x100;

/// `csrrw x0, mtvec, x1`.
const SET_MTVEC: u32 = 0x3050_9073;

struct Memory(Vec<u8>);

impl Memory {
    fn place(&self, address: u32, width: Width) -> Result<usize, Fault> {
        let at = address.checked_sub(CODE_AT).ok_or(Fault::Access)? as usize;
        if at + width.bytes() as usize <= self.0.len() { Ok(at) } else { Err(Fault::Access) }
    }
}

impl Bus for Memory {
    fn load(&mut self, address: u32, width: Width, _: u64) -> Result<u32, Fault> {
        let at = self.place(address, width)?;
        let bytes = &self.0[at..at + width.bytes() as usize];
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    fn store(&mut self, address: u32, width: Width, value: u32, _: u64) -> Result<(), Fault> {
        let at = self.place(address, width)?;
        let bytes = width.bytes() as usize;
        self.0[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
        Ok(())
    }

    fn fetch(&mut self, address: u32) -> Result<u16, Fault> {
        if address & !0xff == TRAPS_AT {
            return Err(Fault::Native);
        }
        self.load(address, Width::Half, 0).map(|half| half as u16)
    }

    fn wants_attention(&self) -> bool {
        false
    }

    fn has_interrupt(&self) -> bool {
        false
    }
}

/// What the program writes, and how many instructions it took.
pub(crate) fn run(code: &[u8]) -> (Vec<u8>, u64) {
    let length = MEMORY_AT + MEMORY_BYTES - CODE_AT;
    let mut memory = Memory(SET_MTVEC.to_le_bytes().to_vec());
    memory.0.resize(length as usize, 0);
    let mut hart = Hart::new(CODE_AT);
    hart.set_register(1, TRAPS_AT);
    hart.run(&mut memory, 1);
    hart.forget_all();
    memory.0[..code.len()].copy_from_slice(code);
    hart.set_pc(CODE_AT);
    let exit = hart.run(&mut memory, 10_000_000);
    assert_eq!(exit, Exit::Native, "the program ends by a call of the system, at {:#x}", hart.pc());
    let at = (MEMORY_AT - CODE_AT) as usize;
    (memory.0[at..].to_vec(), hart.instructions())
}
