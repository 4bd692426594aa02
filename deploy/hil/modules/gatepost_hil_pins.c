// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Raspberry Pi's 28 GPIO lines, for a guest without any hardware. Loaded into an emulated machine only.
 *
 * Inputs raise interrupts, so gpiozero with lgpio works as on a board. Every change of a line is written down here, in
 * the kernel, with CLOCK_MONOTONIC: a witness that no process of the kiosk can speak for. gpiozero wants to know which
 * Pi this is; /proc/device-tree/system/linux,revision answers for a Pi 4.
 *
 * Below /sys/kernel/debug/gatepost_hil_pins:
 *   edges    one line a change, "NANOSECONDS PIN LEVEL", from the first on; a read waits for the next
 *   drive    "PIN 0", "PIN 1" or "PIN z": what is wired to an input drives it, or lets go of it
 *   levels   one line a pin, "PIN in|out LEVEL"
 *
 * An input that nobody drives follows its pull, and is low without one, as with the pull-down that docs/wiring.md asks
 * for. With persist=1 an output stays as it was when its owner is gone (the Pi's persist_gpio_outputs); without, it
 * becomes an input (strict_gpiod).
 *
 * A kernel module has to be under a licence that the kernel takes, so this file is not under the project's own.
 */
#include <linux/debugfs.h>
#include <linux/gpio/driver.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/pinctrl/pinconf-generic.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define LINES 28
#define KEPT 8192

static const u8 pi_4[] = { 0x00, 0xc0, 0x31, 0x12 };

static bool persist;
module_param(persist, bool, 0644);
MODULE_PARM_DESC(persist, "an output stays as it was when its owner is gone");

struct line {
	bool output, value; /* ours */
	bool driven, level; /* what is wired to it */
	bool pulled_up;
	bool seen;
	bool asked; /* for interrupts */
	unsigned int type;
};

struct edge {
	u64 at_ns;
	u8 pin, level;
};

static DEFINE_SPINLOCK(lock);
static DECLARE_WAIT_QUEUE_HEAD(news);
static struct line lines[LINES];
static struct edge edges[KEPT];
static u64 made;
static struct gpio_chip chip;
static struct dentry *folder;
static struct proc_dir_entry *tree;

static bool level_of(const struct line *line)
{
	if (line->output)
		return line->value;
	return line->driven ? line->level : line->pulled_up;
}

/* Write down that a line has changed, and return whether somebody wants an interrupt for it. Under the lock. */
static bool look(unsigned int pin)
{
	struct line *line = &lines[pin];
	bool level = level_of(line);

	if (level == line->seen)
		return false;
	line->seen = level;
	edges[made % KEPT] = (struct edge){ ktime_get_ns(), pin, level };
	made++;
	return line->asked && line->type & (level ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_EDGE_FALLING);
}

static void looked(unsigned int pin, bool interrupt)
{
	unsigned long flags;

	if (interrupt) {
		local_irq_save(flags);
		generic_handle_domain_irq(chip.irq.domain, pin);
		local_irq_restore(flags);
	}
	wake_up_interruptible(&news);
}

#define CHANGE(pin, what)                                \
	do {                                             \
		unsigned long flags;                     \
		bool interrupt;                          \
                                                         \
		spin_lock_irqsave(&lock, flags);         \
		what;                                    \
		interrupt = look(pin);                   \
		spin_unlock_irqrestore(&lock, flags);    \
		looked(pin, interrupt);                  \
	} while (0)

static int get_direction(struct gpio_chip *gc, unsigned int pin)
{
	return lines[pin].output ? GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int direction_input(struct gpio_chip *gc, unsigned int pin)
{
	CHANGE(pin, lines[pin].output = false);
	return 0;
}

static int direction_output(struct gpio_chip *gc, unsigned int pin, int value)
{
	CHANGE(pin, (lines[pin].value = value, lines[pin].output = true));
	return 0;
}

static int get(struct gpio_chip *gc, unsigned int pin)
{
	return level_of(&lines[pin]);
}

static void set(struct gpio_chip *gc, unsigned int pin, int value)
{
	CHANGE(pin, lines[pin].value = value);
}

static int set_config(struct gpio_chip *gc, unsigned int pin, unsigned long config)
{
	switch (pinconf_to_config_param(config)) {
	case PIN_CONFIG_BIAS_PULL_UP:
		CHANGE(pin, lines[pin].pulled_up = true);
		return 0;
	case PIN_CONFIG_BIAS_PULL_DOWN:
	case PIN_CONFIG_BIAS_DISABLE:
		CHANGE(pin, lines[pin].pulled_up = false);
		return 0;
	default:
		return -ENOTSUPP;
	}
}

static void let_go(struct gpio_chip *gc, unsigned int pin)
{
	if (!persist)
		CHANGE(pin, (lines[pin].output = false, lines[pin].pulled_up = false));
}

static void irq_mask(struct irq_data *data)
{
	lines[irqd_to_hwirq(data)].asked = false;
	gpiochip_disable_irq(&chip, irqd_to_hwirq(data));
}

static void irq_unmask(struct irq_data *data)
{
	gpiochip_enable_irq(&chip, irqd_to_hwirq(data));
	lines[irqd_to_hwirq(data)].asked = true;
}

static int irq_set_type(struct irq_data *data, unsigned int type)
{
	if (type & ~IRQ_TYPE_EDGE_BOTH)
		return -EINVAL;
	lines[irqd_to_hwirq(data)].type = type;
	return 0;
}

static const struct irq_chip interrupts = {
	.name = "gatepost-hil",
	.irq_mask = irq_mask,
	.irq_unmask = irq_unmask,
	.irq_set_type = irq_set_type,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

static ssize_t edges_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	struct edge edge;
	char text[48];
	int length;

	if (size < sizeof(text))
		return -EINVAL;
	if (wait_event_interruptible(news, READ_ONCE(made) > *at))
		return -ERESTARTSYS;
	spin_lock_irq(&lock);
	if (made - *at > KEPT)
		*at = made - KEPT;
	edge = edges[*at % KEPT];
	spin_unlock_irq(&lock);
	length = scnprintf(text, sizeof(text), "%llu %u %u\n", edge.at_ns, edge.pin, edge.level);
	if (copy_to_user(to, text, length))
		return -EFAULT;
	(*at)++;
	return length;
}

static __poll_t edges_poll(struct file *file, poll_table *table)
{
	poll_wait(file, &news, table);
	return READ_ONCE(made) > file->f_pos ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations edges_operations = {
	.owner = THIS_MODULE,
	.read = edges_read,
	.poll = edges_poll,
	.llseek = noop_llseek,
};

static ssize_t drive_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	char text[16] = {}, level;
	unsigned int pin;

	if (size >= sizeof(text) || copy_from_user(text, from, size))
		return -EINVAL;
	if (sscanf(text, "%u %c", &pin, &level) != 2 || pin >= LINES || !strchr("01z", level))
		return -EINVAL;
	CHANGE(pin, (lines[pin].driven = level != 'z', lines[pin].level = level == '1'));
	return size;
}

static const struct file_operations drive_operations = {
	.owner = THIS_MODULE,
	.write = drive_write,
	.llseek = noop_llseek,
};

static int levels_show(struct seq_file *to, void *unused)
{
	unsigned int pin;

	for (pin = 0; pin < LINES; pin++)
		seq_printf(to, "%u %s %d\n", pin, lines[pin].output ? "out" : "in", level_of(&lines[pin]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(levels);

static ssize_t revision_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	return simple_read_from_buffer(to, size, at, pi_4, sizeof(pi_4));
}

static const struct proc_ops revision_operations = {
	.proc_read = revision_read,
	.proc_lseek = default_llseek,
};

static int __init pins_begin(void)
{
	int error;

	chip.label = "gatepost-hil";
	chip.owner = THIS_MODULE;
	chip.base = -1;
	chip.ngpio = LINES;
	chip.get_direction = get_direction;
	chip.direction_input = direction_input;
	chip.direction_output = direction_output;
	chip.get = get;
	chip.set = set;
	chip.set_config = set_config;
	chip.free = let_go;
	gpio_irq_chip_set_chip(&chip.irq, &interrupts);
	chip.irq.default_type = IRQ_TYPE_NONE;
	chip.irq.handler = handle_simple_irq;
	error = gpiochip_add_data(&chip, NULL);
	if (error)
		return error;

	tree = proc_mkdir("device-tree", NULL);
	if (tree)
		proc_create("linux,revision", 0444, proc_mkdir("system", tree), &revision_operations);
	folder = debugfs_create_dir("gatepost_hil_pins", NULL);
	debugfs_create_file("edges", 0400, folder, NULL, &edges_operations);
	debugfs_create_file("drive", 0200, folder, NULL, &drive_operations);
	debugfs_create_file("levels", 0400, folder, NULL, &levels_fops);
	return 0;
}

static void __exit pins_end(void)
{
	debugfs_remove(folder);
	if (tree)
		proc_remove(tree);
	gpiochip_remove(&chip);
}

module_init(pins_begin);
module_exit(pins_end);
MODULE_DESCRIPTION("A Raspberry Pi's GPIO lines that are not there");
MODULE_LICENSE("GPL");
