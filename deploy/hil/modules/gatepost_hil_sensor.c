// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An I2C adapter with one MLX90614 on it, for a guest without any hardware. Loaded into an emulated machine only.
 *
 * Words are read as SMBus has them: command, low byte, high byte, PEC over all bytes on the wire. The kernel's own
 * i2c-dev is above it, so raw combined transactions (I2C_RDWR) and SMBus calls with PEC both work.
 *
 * Below /sys/kernel/debug/gatepost_hil_sensor:
 *   object, ambient   raw words, 0.02 K a step (0x07 and 0x06)
 *   fault             none, nack, pec (every checksum wrong), disturbed (every third one), stuck (data line held low)
 *   transfers         how many were asked for
 *
 * A kernel module has to be under a licence that the kernel takes, so this file is not under the project's own.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/i2c.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define BUS 1
#define CHIP 0x5a
#define AMBIENT 0x06
#define OBJECT 0x07
#define EEPROM 0x20
#define FLAGS 0xf0
#define WORD_US 450 /* five bytes at 100 kHz */

enum { FAULT_NONE, FAULT_NACK, FAULT_PEC, FAULT_DISTURBED, FAULT_STUCK };

static const char *const faults[] = {
	[FAULT_NONE] = "none",
	[FAULT_NACK] = "nack",
	[FAULT_PEC] = "pec",
	[FAULT_DISTURBED] = "disturbed",
	[FAULT_STUCK] = "stuck",
};

static DEFINE_MUTEX(lock);
static u16 words[256];
static u16 object = 0x3a8a, ambient = 0x3998; /* 26.4 and 21.7 degrees: the wall opposite, and the air */
static int fault;
static u32 transfers;
static struct dentry *folder;

/* CRC-8, x^8 + x^2 + x + 1: SMBus 2.0, 5.4.1.1. */
static u8 crc8(u8 crc, u8 byte)
{
	int bit;

	crc ^= byte;
	for (bit = 0; bit < 8; bit++)
		crc = crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1;
	return crc;
}

static u8 pec_of_read(u8 command, u16 word)
{
	u8 crc = crc8(0, CHIP << 1);

	crc = crc8(crc, command);
	crc = crc8(crc, CHIP << 1 | 1);
	crc = crc8(crc, word & 0xff);
	return crc8(crc, word >> 8);
}

static void answer(u8 command, struct i2c_msg *read)
{
	u16 word = command == OBJECT ? object : command == AMBIENT ? ambient : words[command];
	u8 pec = pec_of_read(command, word);

	if (fault == FAULT_PEC || (fault == FAULT_DISTURBED && transfers % 3 == 0))
		pec ^= 0x55;
	if (read->len > 0)
		read->buf[0] = word & 0xff;
	if (read->len > 1)
		read->buf[1] = word >> 8;
	if (read->len > 2)
		read->buf[2] = pec;
}

/* A cell is taken when its PEC is right, as the data sheet has it; others are dropped without a word. */
static void store(const struct i2c_msg *write)
{
	u8 crc = crc8(0, CHIP << 1);
	int at;

	if (write->len != 4 || (write->buf[0] & 0xe0) != EEPROM)
		return;
	for (at = 0; at < 3; at++)
		crc = crc8(crc, write->buf[at]);
	if (crc == write->buf[3])
		words[write->buf[0]] = write->buf[1] | write->buf[2] << 8;
}

static int transfer(struct i2c_adapter *adapter, struct i2c_msg *messages, int count)
{
	int at, done = count;

	usleep_range(WORD_US, WORD_US + 100);
	mutex_lock(&lock);
	transfers++;
	if (fault == FAULT_STUCK) {
		done = -ETIMEDOUT;
		goto out;
	}
	for (at = 0; at < count; at++)
		if (messages[at].addr != CHIP || fault == FAULT_NACK) {
			done = -EREMOTEIO;
			goto out;
		}
	if (count == 2 && messages[0].len == 1 && !(messages[0].flags & I2C_M_RD) && messages[1].flags & I2C_M_RD)
		answer(messages[0].buf[0], &messages[1]);
	else if (count == 1 && !(messages[0].flags & I2C_M_RD))
		store(&messages[0]);
	else
		done = -EREMOTEIO;
out:
	mutex_unlock(&lock);
	return done;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = {
	.master_xfer = transfer,
	.functionality = functionality,
};

static struct i2c_adapter bus = {
	.owner = THIS_MODULE,
	.algo = &algorithm,
	.nr = BUS,
	.name = "gatepost hil",
};

static ssize_t fault_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	const char *name = faults[READ_ONCE(fault)];

	return simple_read_from_buffer(to, size, at, name, strlen(name));
}

static ssize_t fault_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	char name[16] = {};
	int found;

	if (size >= sizeof(name) || copy_from_user(name, from, size))
		return -EINVAL;
	found = match_string(faults, ARRAY_SIZE(faults), strim(name));
	if (found < 0)
		return found;
	mutex_lock(&lock);
	fault = found;
	mutex_unlock(&lock);
	return size;
}

static const struct file_operations fault_operations = {
	.owner = THIS_MODULE,
	.read = fault_read,
	.write = fault_write,
	.llseek = noop_llseek,
};

static int __init sensor_begin(void)
{
	int error;

	words[0x20] = 0x9993;
	words[0x21] = 0x62e3;
	words[0x22] = 0x0201;
	words[0x23] = 0xf71c;
	words[0x24] = 0xffff; /* emissivity 1 */
	words[0x25] = 0x9fb4; /* a DCI's: no recursive filter (code 4), 1024 taps (code 7) */
	words[0x2e] = 0xbe5a;
	words[0x3c] = 0x3a1b;
	words[0x3d] = 0x5c0d;
	words[0x3e] = 0x9e27;
	words[0x3f] = 0x41f6;
	words[FLAGS] = 0x0010; /* started */

	bus.dev.parent = NULL;
	error = i2c_add_numbered_adapter(&bus);
	if (error)
		return error;
	folder = debugfs_create_dir("gatepost_hil_sensor", NULL);
	debugfs_create_u16("object", 0600, folder, &object);
	debugfs_create_u16("ambient", 0600, folder, &ambient);
	debugfs_create_u32("transfers", 0400, folder, &transfers);
	debugfs_create_file("fault", 0600, folder, NULL, &fault_operations);
	return 0;
}

static void __exit sensor_end(void)
{
	debugfs_remove(folder);
	i2c_del_adapter(&bus);
}

module_init(sensor_begin);
module_exit(sensor_end);
MODULE_DESCRIPTION("An MLX90614 on an I2C bus that is not there");
MODULE_LICENSE("GPL");
