//! Control and status registers: those that the chip's core has, with the bits that it keeps.
//!
//! Source: ESP32-C3 Technical Reference Manual, chapter "ESP-RISC-V CPU", section "Configuration and Status Registers".

/// What the core may do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Mode {
    /// Everything; the mode after a reset.
    #[default]
    Machine,
    /// No registers of the machine mode.
    User,
}

/// `mstatus.MIE`: interrupts are let through.
const MIE: u32 = 1 << 3;
/// `mstatus.MPIE`: what it was before the trap.
const MPIE: u32 = 1 << 7;
/// `mstatus.MPP`: the mode before the trap; both bits or none.
const MPP: u32 = 3 << 11;
/// `mstatus.TW`: waiting is not for the user mode.
const TW: u32 = 1 << 21;

/// RV32IMC with a user mode.
const MISA: u32 = 1 << 30 | 1 << 20 | 1 << 12 | 1 << 8 | 1 << 2;
/// Who made the core, as the chip says it.
const MVENDORID: u32 = 0x612;
const MARCHID: u32 = 0x8000_0001;
const MIMPID: u32 = 1;

/// Regions of the physical memory protection.
const REGIONS: usize = 16;
/// Triggers of the debug module.
const TRIGGERS: usize = 8;

/// The registers.
#[derive(Clone, Debug, Default)]
pub(super) struct Csrs {
    pub(super) mode: Mode,
    mstatus: u32,
    pub(super) mtvec: u32,
    mscratch: u32,
    pub(super) mepc: u32,
    pub(super) mcause: u32,
    pub(super) mtval: u32,
    /// Written by programs for other chips, without a meaning here.
    mie: u32,
    // The protection and the triggers are kept and read back; they hold nothing off.
    pmpcfg: [u32; REGIONS / 4],
    pmpaddr: [u32; REGIONS],
    trigger: usize,
    tdata: [[u32; 2]; TRIGGERS],
    tcontrol: u32,
    mpcer: u32,
    mpcmr: u32,
    /// What is to be added to the count of instructions.
    mpccr: u32,
    /// The GPIO that are on the core's own fast bus: enable and output.
    gpio: [u32; 2],
}

impl Csrs {
    /// Whether interrupts are let through: always in user mode.
    pub(super) const fn lets_interrupts_in(&self) -> bool {
        self.mstatus & MIE != 0 || matches!(self.mode, Mode::User)
    }

    pub(super) const fn let_interrupts_in(&mut self) {
        self.mstatus |= MIE;
    }

    /// Whether the core may wait for interrupts.
    pub(super) const fn may_wait(&self) -> bool {
        self.mstatus & TW == 0 || matches!(self.mode, Mode::Machine)
    }

    /// Enters machine mode for a trap (volume II, section 3.1.6.1).
    pub(super) const fn enter(&mut self) {
        let before = if self.mstatus & MIE == 0 { 0 } else { MPIE };
        let mode = match self.mode {
            Mode::Machine => MPP,
            Mode::User => 0,
        };
        self.mstatus = self.mstatus & !(MIE | MPIE | MPP) | before | mode;
        self.mode = Mode::Machine;
    }

    /// Leaves it again, by `mret`.
    pub(super) const fn leave(&mut self) {
        self.mode = if self.mstatus & MPP == 0 { Mode::User } else { Mode::Machine };
        let before = if self.mstatus & MPIE == 0 { 0 } else { MIE };
        self.mstatus = self.mstatus & !(MIE | MPP) | before | MPIE;
    }

    /// Reads; nothing when there is no such register in this mode.
    pub(super) fn read(&self, number: u32, instructions: u64) -> Option<u32> {
        if number >> 8 & 3 != 0 && self.mode == Mode::User {
            return None;
        }
        Some(match number {
            0x300 => self.mstatus,
            0x301 => MISA,
            0x304 => self.mie,
            0x305 => self.mtvec,
            0x340 => self.mscratch,
            0x341 => self.mepc,
            0x342 => self.mcause,
            0x343 => self.mtval,
            0x344 => 0,
            0x3a0..=0x3a3 => self.pmpcfg[number as usize - 0x3a0],
            0x3b0..=0x3bf => self.pmpaddr[number as usize - 0x3b0],
            0x7a0 => self.trigger as u32,
            0x7a1 | 0x7a2 => self.tdata[self.trigger][number as usize - 0x7a1],
            0x7a5 => self.tcontrol,
            0x7e0 => self.mpcer,
            0x7e1 => self.mpcmr,
            0x7e2 => (instructions as u32).wrapping_add(self.mpccr),
            0x803 | 0x805 => self.gpio[usize::from(number == 0x805)],
            0x804 => 0,
            0xf11 => MVENDORID,
            0xf12 => MARCHID,
            0xf13 => MIMPID,
            0xf14 => 0,
            _ => return None,
        })
    }

    /// Writes; nothing when there is no such register in this mode, or it cannot be written.
    pub(super) fn write(&mut self, number: u32, value: u32, instructions: u64) -> Option<()> {
        let is_read_only = number >> 10 == 3;
        if is_read_only || (number >> 8 & 3 != 0 && self.mode == Mode::User) {
            return None;
        }
        match number {
            0x300 => {
                let mode = if value & MPP == MPP { MPP } else { 0 };
                self.mstatus = value & (MIE | MPIE | TW) | mode;
            }
            // Cannot be changed, and may be written.
            0x301 | 0x344 | 0x804 => {}
            0x304 => self.mie = value,
            // Always vectored, at a multiple of 256.
            0x305 => self.mtvec = value & !0xff | 1,
            0x340 => self.mscratch = value,
            0x341 => self.mepc = value & !1,
            0x342 => self.mcause = value & 0x8000_001f,
            0x343 => self.mtval = value,
            0x3a0..=0x3a3 => self.pmpcfg[number as usize - 0x3a0] = value,
            0x3b0..=0x3bf => self.pmpaddr[number as usize - 0x3b0] = value,
            0x7a0 => self.trigger = value as usize % TRIGGERS,
            0x7a1 | 0x7a2 => self.tdata[self.trigger][number as usize - 0x7a1] = value,
            0x7a5 => self.tcontrol = value,
            0x7e0 => self.mpcer = value,
            0x7e1 => self.mpcmr = value,
            0x7e2 => self.mpccr = value.wrapping_sub(instructions as u32),
            0x803 | 0x805 => self.gpio[usize::from(number == 0x805)] = value,
            _ => return None,
        }
        Some(())
    }
}
