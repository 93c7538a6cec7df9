"""Compares the numbers of the virtual board's chips with those of the installed esptool.

    python compare.py VIRTUAL_BOARD

Prints each difference; exit code 1 if there is one.
"""

import json
import pathlib
import subprocess
import sys

import esptool
from esptool.targets import CHIP_DEFS

program = sys.argv[1]
targets = pathlib.Path(esptool.__file__).parent / "targets"
differences = 0
compared = 0


def same(chip, what, ours, theirs):
    global differences, compared
    compared += 1
    if ours != theirs:
        differences += 1
        shown = [hex(value) if isinstance(value, int) else value for value in (ours, theirs)]
        print(f"{chip}: {what} is {shown[0]} here and {shown[1]} in esptool")


def stubs(chip):
    """Where the stubs that esptool brings load their code."""
    found = set()
    for version in ("1", "2"):
        for file in (targets / "stub_flasher" / version).glob(f"{chip}.json"):
            found.add(json.loads(file.read_text())["text_start"])
    return found


class Registers:
    """Enough of a chip for esptool's own methods: its registers as the virtual board has them."""

    def __init__(self, target, numbers):
        self.words = dict(zip(numbers["mac_at"], numbers["mac_words"]))
        self.words.update({at: word for at, word in numbers["other"]})
        self.chip = type(numbers["name"], (target,), {"__init__": lambda chip: None})()
        self.chip.read_reg = lambda at, *_: self.words.get(at, 0)
        # The rate of the port, which the frequency of the crystal is calculated from.
        self.chip._port = type("Port", (), {"baudrate": 115200})()


names = list(CHIP_DEFS)
chips = ["esp8266", "esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c6", "esp32h2"]
for name in chips:
    said = subprocess.run([program, "--chip", name, "--numbers"], check=True, capture_output=True)
    ours = json.loads(said.stdout)
    rom = CHIP_DEFS[name]

    same(name, "name", ours["name"], rom.CHIP_NAME.lower().replace("-", ""))
    same(name, "chip id", ours["image_id"], rom.IMAGE_CHIP_ID)
    same(name, "place of the magic word", ours["magic_at"], rom.CHIP_DETECT_MAGIC_REG_ADDR)
    if rom.USES_MAGIC_VALUE:
        same(name, "magic word", ours["magic"], rom.MAGIC_VALUE)
    same(name, "offset of the boot loader", ours["boot_offset"], rom.BOOTLOADER_FLASH_OFFSET)

    same(name, "SPI base", ours["spi_base"], rom.SPI_REG_BASE)
    same(name, "SPI USR", ours["spi_usr"], rom.SPI_USR_OFFS)
    same(name, "SPI USR1", ours["spi_usr1"], rom.SPI_USR1_OFFS)
    same(name, "SPI USR2", ours["spi_usr2"], rom.SPI_USR2_OFFS)
    same(name, "SPI MISO length", ours["spi_miso_length"], rom.SPI_MISO_DLEN_OFFS)
    same(name, "SPI W0", ours["spi_w0"], rom.SPI_W0_OFFS)
    same(name, "shift of SPI addresses", ours["spi_address_is_high"], rom.SPI_ADDR_REG_MSB)

    straps = getattr(rom, "GPIO_STRAP_REG", None)
    if ours["straps_at"] is not None:
        same(name, "boot pins", ours["straps_at"], straps)
    same(name, "watchdog", ours["watchdog_at"], getattr(rom, "RTC_CNTL_WDTCONFIG0_REG", None))
    same(name, "watchdog's protection", ours["watchdog_protect_at"], getattr(rom, "RTC_CNTL_WDTWPROTECT_REG", None))
    if ours["watchdog_at"] is not None:
        same(name, "watchdog's time", ours["watchdog_at"] + 4, rom.RTC_CNTL_WDTCONFIG1_REG)
        same(name, "watchdog's key", ours["watchdog_key"], rom.RTC_CNTL_WDT_WKEY)

    same(name, "whether it has security info", ours["security_bytes"] > 0, rom.SECURITY_INFO_SUPPORTED)
    same(name, "stubs", set(ours["stubs_at"]), stubs(name))

    # What esptool makes of our registers: the address, the revision that the README tells, the crystal.
    chip = Registers(rom, ours).chip
    same(name, "address", chip.read_mac(), (0x7C, 0xDF, 0xA1, 0xC2, 0x22, 0x10))
    same(name, "crystal", chip.get_crystal_freq(), {"esp8266": 26, "esp32h2": 32}.get(name, 40))

    commands = dict(map(tuple, ours["commands"]))
    for command, number in rom.ESP_CMDS.items():
        # What no chip here has: a second core's stub, NAND flash, encryption by the host.
        if command in commands:
            same(name, f"command {command}", commands[command], number)
    for command in commands.keys() - rom.ESP_CMDS.keys():
        same(name, f"command {command}", commands[command], None)

print(f"{compared} numbers of {len(chips)} chips compared, {differences} differ")
sys.exit(differences > 0)
